using Glossa.Models.Onnx;
using Google.Protobuf;

namespace Glossa.Models.Export;

/// <summary>Reads and writes <c>.onnx</c> files.</summary>
public static class OnnxFile
{
    /// <summary>Reads a model. Tensors kept in files beside it stay references.</summary>
    /// <exception cref="InputException">The file is missing, cannot be read, is cut short, or is no ONNX model.</exception>
    public static ModelProto Read(string path)
    {
        using FileStream stream = IoFailure.OpenRead(path, "model file");
        if (stream.Length == 0) throw Damaged(path, "it is empty", null);
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw Damaged(path, "it is cut short or is no ONNX model", e);
        }
        if (model.Graph is null || model.Graph.Output.Count == 0) throw Damaged(path, "it holds no graph with outputs", null);
        return model;
    }

    /// <summary>Writes a model, atomically and in a form that depends on the model alone.</summary>
    /// <exception cref="WorkException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string path, ModelProto model)
    {
        ArgumentNullException.ThrowIfNull(model);
        AtomicFile.Write(path, model.WriteTo);
    }

    /// <summary>True where some initializer's data lie in another file.</summary>
    public static bool HasExternalData(ModelProto model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Graph.Initializer.Any(t => t.DataLocation == TensorProto.Types.DataLocation.External);
    }

    /// <summary>The error for a model file that cannot be used.</summary>
    public static InputException Damaged(string path, string why, Exception? inner) =>
        new($"damaged model file: {why}", path, "export or download it again", inner);
}
