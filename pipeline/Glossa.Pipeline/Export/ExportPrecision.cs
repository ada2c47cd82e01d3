using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Export;

/// <summary>The number format of an exported file's weights.</summary>
public enum ExportPrecision
{
    /// <summary>32-bit floats: the model as trained.</summary>
    Fp32 = 0,

    /// <summary>Dynamic int8: weights and activations of matrix products in uint8.</summary>
    DynamicInt8 = 1,

    /// <summary>16-bit floats, 32-bit ones where they are needed.</summary>
    Fp16 = 2,

    /// <summary>4-bit weights in blocks.</summary>
    Int4 = 3,

    /// <summary>Static int8: as <see cref="DynamicInt8"/>, with ranges of activations that are fixed by calibration.</summary>
    StaticInt8 = 4,
}

/// <summary>Names of precisions and of the files that hold them.</summary>
public static class ExportPrecisions
{
    private static readonly (ExportPrecision Precision, string Name, string File)[] Known =
    [
        (ExportPrecision.Fp32, "fp32", "onnx/model.onnx"),
        (ExportPrecision.Fp16, "fp16", "onnx/model_fp16.onnx"),
        (ExportPrecision.DynamicInt8, "int8", "onnx/model_quantized.onnx"),
        // transformers.js opens this name as its dtype int8: signed 8-bit weights, which those of the static file are. Its q8, which is the name of the dynamic file, is what browsers take by default.
        (ExportPrecision.StaticInt8, "int8-static", "onnx/model_int8.onnx"),
        (ExportPrecision.Int4, "int4", "onnx/model_q4.onnx"),
    ];

    /// <summary>All precisions that can be written, float32 first, the smallest last.</summary>
    public static IReadOnlyList<ExportPrecision> All { get; } = [.. Known.Select(known => known.Precision)];

    /// <summary>The name in configurations and reports.</summary>
    public static string Name(this ExportPrecision precision) => Of(precision).Name;

    /// <summary>The file below the model folder, with forward slashes; the names are those transformers.js looks for.</summary>
    public static string File(this ExportPrecision precision) => Of(precision).File;

    /// <summary>Whether the precision cannot be made without texts to calibrate on.</summary>
    public static bool NeedsCalibration(this ExportPrecision precision) => precision == ExportPrecision.StaticInt8;

    /// <summary>The precision that a configuration names.</summary>
    public static ExportPrecision Of(Precision precision) => precision switch
    {
        Precision.Fp32 => ExportPrecision.Fp32,
        Precision.Fp16 => ExportPrecision.Fp16,
        Precision.Int8 => ExportPrecision.DynamicInt8,
        Precision.Int8Static => ExportPrecision.StaticInt8,
        Precision.Int4 => ExportPrecision.Int4,
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

    private static (ExportPrecision Precision, string Name, string File) Of(ExportPrecision precision)
    {
        foreach ((ExportPrecision Precision, string, string) known in Known)
            if (known.Precision == precision) return known;
        throw new ArgumentOutOfRangeException(nameof(precision));
    }
}
