namespace Glossa.Pipeline.Export;

/// <summary>The number format of an exported file's weights.</summary>
public enum ExportPrecision
{
    /// <summary>32-bit floats: the model as trained.</summary>
    Fp32 = 0,

    /// <summary>Dynamic int8: weights and activations of matrix products in uint8.</summary>
    DynamicInt8 = 1,
}

/// <summary>Names of precisions and of the files that hold them.</summary>
public static class ExportPrecisions
{
    /// <summary>All precisions that can be written, float32 first.</summary>
    public static IReadOnlyList<ExportPrecision> All { get; } = [ExportPrecision.Fp32, ExportPrecision.DynamicInt8];

    /// <summary>The name in configurations and reports.</summary>
    public static string Name(this ExportPrecision precision) => precision switch
    {
        ExportPrecision.Fp32 => "fp32",
        ExportPrecision.DynamicInt8 => "int8",
        _ => throw new ArgumentOutOfRangeException(nameof(precision)),
    };

    /// <summary>The file below the model folder, with forward slashes; the names are those transformers.js looks for.</summary>
    public static string File(this ExportPrecision precision) => precision switch
    {
        ExportPrecision.Fp32 => "onnx/model.onnx",
        ExportPrecision.DynamicInt8 => "onnx/model_quantized.onnx",
        _ => throw new ArgumentOutOfRangeException(nameof(precision)),
    };

    /// <summary>The precision of that name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static ExportPrecision Parse(string name)
    {
        foreach (ExportPrecision precision in All)
            if (string.Equals(precision.Name(), name, StringComparison.OrdinalIgnoreCase)) return precision;
        throw new InputException($"unknown precision '{name}'", fix: $"choose from {string.Join(", ", All.Select(Name))}");
    }
}
