using Glossa.Models.Export;
using Glossa.Models.Onnx;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Import;

/// <summary>Reads forward graphs of any exporter.</summary>
public static class ModelImport
{
    /// <summary>Reads a file and prepares it for differentiation.</summary>
    /// <exception cref="InputException">The file is missing or damaged, or claims what it does not hold.</exception>
    public static ImportedModel Read(string path, ImportOptions options) => Prepare(OnnxFile.Read(path), options);

    /// <summary>Prepares a graph whose initializers' data are inside; <paramref name="original"/> is not changed.</summary>
    /// <exception cref="InputException">The graph is not sound.</exception>
    public static ImportedModel Prepare(ModelProto original, ImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(options);
        ImportedParameter[] parameters = [.. original.Graph.Initializer
            .Where(tensor => tensor.DataType == (int)DataType.Float && tensor.Dims.Count > 0)
            .Select(tensor => new ImportedParameter(tensor.Name, [.. tensor.Dims], []))];
        return new ImportedModel(original, original.Clone(), parameters, []);
    }
}
