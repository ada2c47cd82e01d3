using System.Text;
using Glossa.Models.Import;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.OrtTraining.Checkpoints;

/// <summary>Reads a checkpoint: its own file, and the data beside it where they are external.</summary>
internal sealed class CheckpointReader
{
    private const int MostAxes = 32;

    private readonly FlatFile _file;
    private readonly ExternalTensors? _external;
    private readonly bool _nominal;

    private CheckpointReader(FlatFile file, ExternalTensors? external, bool nominal) => (_file, _external, _nominal) = (file, external, nominal);

    /// <summary>Reads it.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="path">Its path, for messages and external data; null where there is no file, and then no external data.</param>
    /// <exception cref="InputException">It is damaged, of another version, or its data are missing.</exception>
    public static OrtCheckpoint Read(ReadOnlyMemory<byte> bytes, string? path)
    {
        FlatFile file = new(bytes, path);
        if (bytes.Length < 8 || !file.Span(4, 4).SequenceEqual(Encoding.ASCII.GetBytes(CheckpointFields.Identifier)))
            throw new InputException("this is no checkpoint of ONNX Runtime Training", path, "name the file 'checkpoint' of a folder of training artifacts");
        FlatTable root = FlatTable.Root(file);
        int version = root.Int32(CheckpointFields.Root.Version, 0);
        if (version != CheckpointFields.Version)
            throw new InputException($"the checkpoint has version {version}, ONNX Runtime Training reads {CheckpointFields.Version}", path, "save it again with ONNX Runtime Training 1.17 or later");
        if (root.Table(CheckpointFields.Root.ModuleState) is not { } module) throw file.Damaged("it holds no parameters");
        if (!module.Has(CheckpointFields.Module.Trainable) || !module.Has(CheckpointFields.Module.Frozen)) throw file.Damaged("a list of parameters is missing");
        bool external = module.Flag(CheckpointFields.Module.HasExternalData);
        if (external && path is null) throw new InputException("the checkpoint keeps its data in another file", fix: "load it from its file");
        using ExternalTensors? data = external ? new ExternalTensors(path!) : null;
        return new CheckpointReader(file, data, module.Flag(CheckpointFields.Module.IsNominal)).Read(root, module);
    }

    private OrtCheckpoint Read(FlatTable root, FlatTable module)
    {
        HashSet<string> names = [];
        OrtTensor[] trainable = [.. module.Tables(CheckpointFields.Module.Trainable).Select(table => Parameter(table, names))];
        OrtTensor[] frozen = [.. module.Tables(CheckpointFields.Module.Frozen).Select(table => Parameter(table, names))];
        HashSet<string> groups = [];
        return new OrtCheckpoint
        {
            Trainable = trainable,
            Frozen = frozen,
            IsNominal = _nominal,
            OptimizerGroups = [.. root.Tables(CheckpointFields.Root.OptimizerGroups).Select(table => Group(table, groups))],
            Properties = root.Table(CheckpointFields.Root.PropertyBag) is { } bag ? [.. Properties(bag)] : [],
        };
    }

    private OrtTensor Parameter(FlatTable table, HashSet<string> names)
    {
        OrtTensor tensor = Tensor(table, _nominal, names);
        return tensor.Type == DataType.Float
            ? tensor
            : throw new InputException($"the checkpoint's parameter '{tensor.Name}' is {ElementTypes.Name(tensor.Type)}", _file.Path, "ONNX Runtime Training trains float32 parameters only");
    }

    private OrtTensor Tensor(FlatTable table, bool nominal, HashSet<string> names)
    {
        string name = Unique(table.Text(CheckpointFields.Tensor.Name), names);
        DataType type = (DataType)table.Int32(CheckpointFields.Tensor.DataType, 0);
        long[] shape = table.Int64s(CheckpointFields.Tensor.Dims, MostAxes);
        ReadOnlyMemory<byte> data = table.Bytes(CheckpointFields.Tensor.RawData);
        if (nominal) return data.IsEmpty ? new OrtTensor(name, type, shape, data) : throw _file.Damaged($"it is nominal, and '{name}' holds data");
        int bits = ElementTypes.Bits(type);
        if (bits < 8) throw _file.Damaged($"'{name}' has the element type {(int)type}");
        if (Bytes(shape, bits / 8) is not { } size) throw _file.Damaged($"'{name}' claims the shape [{string.Join(", ", shape)}]");
        long offset = table.Int64(CheckpointFields.Tensor.ExternalOffset, -1);
        if (offset >= 0 && data.IsEmpty)
            data = _external?.Read(name, offset, size) ?? throw _file.Damaged($"'{name}' lies in another file, and the checkpoint says that nothing does");
        if (data.Length != size) throw _file.Damaged($"'{name}' claims the shape [{string.Join(", ", shape)}] and holds {data.Length} bytes");
        return new OrtTensor(name, type, shape, data);
    }

    private static long? Bytes(long[] shape, int size)
    {
        long bytes = size;
        foreach (long dimension in shape)
        {
            if (dimension < 0 || (bytes > 0 && dimension > long.MaxValue / bytes)) return null;
            bytes *= dimension;
        }
        return bytes;
    }

    private OrtOptimizerGroup Group(FlatTable table, HashSet<string> groups)
    {
        HashSet<string> parameters = [];
        return new OrtOptimizerGroup(
            Unique(table.Text(CheckpointFields.Group.Name), groups), table.Int64(CheckpointFields.Group.Step, 0), table.Single(CheckpointFields.Group.InitialLearningRate, 0),
            [.. table.Tables(CheckpointFields.Group.States).Select(state => State(state, parameters))]);
    }

    private OrtParameterState State(FlatTable table, HashSet<string> parameters)
    {
        HashSet<string> moments = [];
        return new OrtParameterState(
            Unique(table.Text(CheckpointFields.State.Parameter), parameters), [.. table.Tables(CheckpointFields.State.Moments).Select(moment => Tensor(moment, false, moments))]);
    }

    private IEnumerable<KeyValuePair<string, object>> Properties(FlatTable bag)
    {
        HashSet<string> names = [];
        foreach (FlatTable entry in bag.Tables(CheckpointFields.Properties.Integers)) yield return Entry(entry, entry.Int64(CheckpointFields.Property.Value, 0));
        foreach (FlatTable entry in bag.Tables(CheckpointFields.Properties.Floats)) yield return Entry(entry, entry.Single(CheckpointFields.Property.Value, 0));
        foreach (FlatTable entry in bag.Tables(CheckpointFields.Properties.Strings)) yield return Entry(entry, entry.Text(CheckpointFields.Property.Value));

        KeyValuePair<string, object> Entry(FlatTable entry, object value) => new(Unique(entry.Text(CheckpointFields.Property.Name), names), value);
    }

    private string Unique(string name, HashSet<string> names) =>
        name.Length == 0 ? throw _file.Damaged("an entry has no name") : names.Add(name) ? name : throw _file.Damaged($"'{name}' stands in it twice");
}
