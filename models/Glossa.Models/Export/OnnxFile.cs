using System.Globalization;
using Glossa.Models.Onnx;
using Google.Protobuf;

namespace Glossa.Models.Export;

/// <summary>Reads and writes <c>.onnx</c> files.</summary>
public static class OnnxFile
{
    /// <summary>A file of this size or more cannot be written as one protobuf message.</summary>
    private const long LargestMessage = int.MaxValue - (1L << 20);

    /// <summary>Tensors of this many bytes or more go to the data file of a model that is too large for one message.</summary>
    private const int LeastExternal = 1024;

    /// <summary>Page size, so that a runtime can map a tensor into memory.</summary>
    private const int Alignment = 4096;

    /// <summary>Reads a model. Tensors kept in files beside it stay references.</summary>
    /// <exception cref="InputException">The file is missing, cannot be read, is cut short, or is no ONNX model.</exception>
    public static ModelProto Read(string path)
    {
        using FileStream stream = IoFailure.OpenRead(path, "model file");
        if (stream.Length == 0) throw Damaged(path, "it is empty", null);
        if (stream.Length > int.MaxValue) throw Damaged(path, "it is larger than the 2 GB that one ONNX file can have", null);
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException e)
        {
            bool nested = e.Message.Contains("nesting", StringComparison.OrdinalIgnoreCase) || e.Message.Contains("recursion", StringComparison.OrdinalIgnoreCase);
            throw Damaged(path, nested ? "its graphs are nested too deeply" : "it is cut short or is no ONNX model", e);
        }
        if (model.Graph is null || model.Graph.Output.Count == 0) throw Damaged(path, "it holds no graph with outputs", null);
        return model;
    }

    /// <summary>
    /// Writes a model, atomically and in a form that depends on the model alone. One that is too large for a single file keeps its large tensors in
    /// <c>NAME_data</c> beside it, which is written first.
    /// </summary>
    /// <exception cref="WorkException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string path, ModelProto model) => Write(path, model, LargestMessage);

    /// <summary>True where some initializer's data lie in another file.</summary>
    public static bool HasExternalData(ModelProto model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Graph.Initializer.Any(t => t.DataLocation == TensorProto.Types.DataLocation.External);
    }

    /// <summary>The error for a model file that cannot be used.</summary>
    public static InputException Damaged(string path, string why, Exception? inner) =>
        new($"damaged model file: {why}", path, "export or download it again", inner);

    internal static void Write(string path, ModelProto model, long largest)
    {
        ArgumentNullException.ThrowIfNull(model);
        long data = model.Graph.Initializer.Sum(t => (long)t.RawData.Length);
        AtomicFile.Write(path, (data < largest ? model : WithExternalData(model, path + "_data")).WriteTo);
    }

    /// <summary>Writes the large initializers to a file of their own and gives the model that refers to them.</summary>
    private static ModelProto WithExternalData(ModelProto model, string dataPath)
    {
        // A clone shares the bytes of its tensors.
        ModelProto copy = model.Clone();
        TensorProto[] large = [.. copy.Graph.Initializer.Where(t => t.RawData.Length >= LeastExternal)];
        AtomicFile.Write(dataPath, stream =>
        {
            long offset = 0;
            foreach (TensorProto tensor in large)
            {
                long padding = (Alignment - (offset % Alignment)) % Alignment;
                stream.Write(new byte[padding]);
                tensor.RawData.WriteTo(stream);
                Refer(tensor, Path.GetFileName(dataPath), offset += padding);
                offset += tensor.RawData.Length;
            }
        });
        foreach (TensorProto tensor in large) tensor.RawData = ByteString.Empty;
        return copy;
    }

    private static void Refer(TensorProto tensor, string file, long offset)
    {
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Clear();
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = file });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = offset.ToString(CultureInfo.InvariantCulture) });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = tensor.RawData.Length.ToString(CultureInfo.InvariantCulture) });
    }
}
