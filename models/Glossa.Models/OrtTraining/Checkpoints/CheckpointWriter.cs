using Google.FlatBuffers;

namespace Glossa.Models.OrtTraining.Checkpoints;

/// <summary>Writes the FlatBuffers file of a checkpoint, tables and fields in the order of the runtime's own writer: what it wrote comes out the same, to the byte.</summary>
internal sealed class CheckpointWriter
{
    private const int OffsetSize = 4;

    private readonly FlatBufferBuilder _builder;
    private readonly bool _external;
    private long _offset;

    private CheckpointWriter(int size, bool external) => (_builder, _external) = (new FlatBufferBuilder(size), external);

    /// <summary>The file's bytes.</summary>
    /// <param name="checkpoint">What it holds.</param>
    /// <param name="external">Whether the parameters' data go to another file, in the order of <see cref="OrtCheckpoint.Parameters"/>.</param>
    public static ArraySegment<byte> Write(OrtCheckpoint checkpoint, bool external)
    {
        CheckpointWriter writer = new((int)Size(checkpoint, external), external);
        writer.Root(checkpoint);
        return writer._builder.DataBuffer.ToArraySegment(writer._builder.DataBuffer.Position, writer._builder.DataBuffer.Length - writer._builder.DataBuffer.Position);
    }

    /// <summary>Enough bytes for the whole file: the builder of this library cannot double a buffer beyond 1 GB.</summary>
    public static long Size(OrtCheckpoint checkpoint, bool external)
    {
        const long Entry = 256;
        long Names(string name) => Entry + (3L * name.Length);
        long parameters = checkpoint.Parameters.Sum(t => Names(t.Name) + (8 * t.Shape.Count) + (external ? 0 : t.Data.Length));
        long states = checkpoint.OptimizerGroups.Sum(g => Names(g.Name) + g.States.Sum(s => Names(s.Parameter) + s.Moments.Sum(m => Names(m.Name) + (8 * m.Shape.Count) + m.Data.Length)));
        long properties = checkpoint.Properties.Sum(p => Names(p.Key) + (p.Value is string text ? Names(text) : 0));
        return Entry + parameters + states + properties;
    }

    private void Root(OrtCheckpoint checkpoint)
    {
        int[] trainable = [.. checkpoint.Trainable.Select(t => Tensor(t, _external))], frozen = [.. checkpoint.Frozen.Select(t => Tensor(t, _external))];
        int state = Module(Vector(trainable), Vector(frozen), checkpoint.IsNominal);
        int? groups = checkpoint.OptimizerGroups.Count > 0 ? Vector([.. checkpoint.OptimizerGroups.Select(Group)]) : null;
        int? properties = checkpoint.Properties.Count > 0 ? Properties(checkpoint.Properties) : null;
        _builder.StartTable(4);
        _builder.AddInt(CheckpointFields.Root.Version, CheckpointFields.Version, 0);
        _builder.AddOffset(CheckpointFields.Root.ModuleState, state, 0);
        if (groups is { } optimizers) _builder.AddOffset(CheckpointFields.Root.OptimizerGroups, optimizers, 0);
        if (properties is { } bag) _builder.AddOffset(CheckpointFields.Root.PropertyBag, bag, 0);
        _builder.Finish(_builder.EndTable(), CheckpointFields.Identifier);
    }

    private int Module(int trainable, int frozen, bool nominal)
    {
        _builder.StartTable(4);
        _builder.AddOffset(CheckpointFields.Module.Trainable, trainable, 0);
        _builder.AddOffset(CheckpointFields.Module.Frozen, frozen, 0);
        _builder.AddBool(CheckpointFields.Module.IsNominal, nominal, false);
        _builder.AddBool(CheckpointFields.Module.HasExternalData, _external, false);
        return _builder.EndTable();
    }

    private int Tensor(OrtTensor tensor, bool external)
    {
        int name = _builder.CreateString(tensor.Name).Value;
        _builder.StartVector(sizeof(long), tensor.Shape.Count, sizeof(long));
        for (int i = tensor.Shape.Count - 1; i >= 0; i--) _builder.AddLong(tensor.Shape[i]);
        int dims = _builder.EndVector().Value;
        int data = external ? 0 : Data(tensor.Data);
        _builder.StartTable(7);
        _builder.AddOffset(CheckpointFields.Tensor.Name, name, 0);
        _builder.AddOffset(CheckpointFields.Tensor.Dims, dims, 0);
        _builder.AddInt(CheckpointFields.Tensor.DataType, (int)tensor.Type, 0);
        if (external) _builder.AddLong(CheckpointFields.Tensor.ExternalOffset, _offset, -1);
        else _builder.AddOffset(CheckpointFields.Tensor.RawData, data, 0);
        if (external) _offset += tensor.Data.Length;
        return _builder.EndTable();
    }

    private int Data(ReadOnlyMemory<byte> data)
    {
        // Floats are read in place, so their bytes are aligned as such.
        _builder.StartVector(1, data.Length, sizeof(float));
        if (!data.IsEmpty) _builder.Add(data.ToArray());
        return _builder.EndVector().Value;
    }

    private int Group(OrtOptimizerGroup group)
    {
        int[] offsets = [.. group.States.Select(State)];
        int name = _builder.CreateString(group.Name).Value, states = Vector(offsets);
        _builder.StartTable(4);
        _builder.AddOffset(CheckpointFields.Group.Name, name, 0);
        _builder.AddFloat(CheckpointFields.Group.InitialLearningRate, group.InitialLearningRate, 0);
        _builder.AddLong(CheckpointFields.Group.Step, group.Step, 0);
        _builder.AddOffset(CheckpointFields.Group.States, states, 0);
        return _builder.EndTable();
    }

    private int State(OrtParameterState state)
    {
        int[] offsets = [.. state.Moments.Select(moment => Tensor(moment, external: false))];
        int name = _builder.CreateString(state.Parameter).Value, moments = Vector(offsets);
        _builder.StartTable(2);
        _builder.AddOffset(CheckpointFields.State.Parameter, name, 0);
        _builder.AddOffset(CheckpointFields.State.Moments, moments, 0);
        return _builder.EndTable();
    }

    private int Properties(IReadOnlyList<KeyValuePair<string, object>> properties)
    {
        int? Of<T>(Action<T> add)
        {
            KeyValuePair<string, object>[] entries = [.. properties.Where(p => p.Value is T)];
            return entries.Length == 0 ? null : Vector([.. entries.Select(entry => Property(entry.Key, (T)entry.Value, add))]);
        }

        int? integers = Of<long>(value => _builder.AddLong(CheckpointFields.Property.Value, value, 0));
        int? floats = Of<float>(value => _builder.AddFloat(CheckpointFields.Property.Value, value, 0));
        int? strings = Of<string>(_ => { });
        _builder.StartTable(3);
        if (integers is { } n) _builder.AddOffset(CheckpointFields.Properties.Integers, n, 0);
        if (floats is { } f) _builder.AddOffset(CheckpointFields.Properties.Floats, f, 0);
        if (strings is { } s) _builder.AddOffset(CheckpointFields.Properties.Strings, s, 0);
        return _builder.EndTable();
    }

    private int Property<T>(string name, T value, Action<T> add)
    {
        int key = _builder.CreateString(name).Value, text = value is string content ? _builder.CreateString(content).Value : 0;
        _builder.StartTable(2);
        _builder.AddOffset(CheckpointFields.Property.Name, key, 0);
        if (value is string) _builder.AddOffset(CheckpointFields.Property.Value, text, 0);
        else add(value);
        return _builder.EndTable();
    }

    private int Vector(int[] offsets)
    {
        _builder.StartVector(OffsetSize, offsets.Length, OffsetSize);
        for (int i = offsets.Length - 1; i >= 0; i--) _builder.AddOffset(offsets[i]);
        return _builder.EndVector().Value;
    }
}
