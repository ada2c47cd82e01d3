namespace Glossa.Pipeline.Configuration;

/// <summary>The part of a corpus that figures are made on.</summary>
public enum EvaluationSplit
{
    /// <summary>The figures that settings are chosen by.</summary>
    Valid = 0,

    /// <summary>The final figures.</summary>
    Test = 1,
}

/// <summary>How models are measured: bits per byte, per language.</summary>
public sealed record EvaluationConfig
{
    /// <summary>The part of the corpus.</summary>
    public EvaluationSplit Split { get; init; } = EvaluationSplit.Test;

    /// <summary>Longest window in tokens; null takes the model's context.</summary>
    [InRange(8, 1_048_576)]
    public int? Window { get; init; }

    /// <summary>Tokens that one run of the model scores, padding included.</summary>
    [InRange(8, 1e8)]
    public int BatchTokens { get; init; } = 1024;

    /// <summary>Whether to measure after each phase, not the last one only.</summary>
    public bool AfterEachPhase { get; init; } = true;

    /// <summary>Whether to measure LZMA2 on the same text, as a figure to compare with.</summary>
    public bool Baseline { get; init; } = true;
}

/// <summary>Number formats of an exported model.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1720", Justification = "The field's terms.")]
public enum Precision
{
    /// <summary>32-bit floating point.</summary>
    Fp32 = 0,

    /// <summary>16-bit floating point.</summary>
    Fp16 = 1,

    /// <summary>8-bit weights and activations, the activations' range found in each run.</summary>
    Int8 = 2,

    /// <summary>4-bit weights.</summary>
    Int4 = 3,

    /// <summary>8-bit weights and activations, the activations' range fixed on training texts.</summary>
    Int8Static = 4,
}

/// <summary>Which weights the int4 file holds in 4 bits.</summary>
public enum Int4Plan
{
    /// <summary>All of them.</summary>
    Whole = 0,

    /// <summary>As many as the gate of int4 leaves room for: the smallest file within it, its most sensitive weights in int8 or float32.</summary>
    Search = 1,
}

/// <summary>Which files are written.</summary>
public sealed record ExportConfig
{
    /// <summary>The number formats; fp32 is always among them.</summary>
    public ValueList<Precision> Precisions { get; init; } = [Precision.Fp32, Precision.Int8];

    /// <summary>Which weights the int4 file holds in 4 bits; a search measures some dozens of models on training texts, and needs int4 among the precisions and the gates.</summary>
    public Int4Plan Plan { get; init; }

    /// <summary>Writes a folder genai/ for onnxruntime-genai as well, in this format: fp32, int8 or int4; for presets whose heads are a multiple of 16 wide. Null writes none.</summary>
    public Precision? Genai { get; init; }

    /// <summary>Largest relative loss of bits per byte of a format; past it the export fails. A format without a gate is only measured.</summary>
    [InRange(0, 10)]
    [OneOf("fp16", "int8", "int8-static", "int4")]
    public ValueMap<double> Gates { get; init; } = new([new("fp16", 0.001), new("int8", 0.01), new("int8-static", 0.01), new("int4", 0.05)]);
}
