using Glossa.Models.Onnx;

namespace Glossa.Models.Import;

/// <summary>The operator sets that an imported model may name.</summary>
internal static class OperatorSets
{
    /// <summary>The oldest standard operator set that is read.</summary>
    internal const long Oldest = 9;

    /// <summary>The newest one whose operators are all known.</summary>
    internal const long Newest = 23;

    /// <summary>The name that a domain is looked up by: the standard one is empty.</summary>
    internal static string Normal(string domain) => domain == "ai.onnx" ? "" : domain;

    /// <summary>The version of the standard operators.</summary>
    /// <exception cref="InputException">It is missing or too old.</exception>
    internal static long Check(ModelProto model, string? file, List<string> notes)
    {
        if (Version(model.OpsetImport) is not { } version)
            throw new InputException("the model names no version of the standard operators (opset_import)", file, "export it again");
        if (version < Oldest)
            throw new InputException($"the model uses operator set {version}; {Oldest} to {Newest} are supported", file, "export it again with opset_version=17 or convert it with ONNX's version converter");
        if (version > Newest) notes.Add($"operator set {version} is newer than {Newest}: operators that it changed may be misread");
        return version;
    }

    /// <summary>The version of the standard operators that a list imports, or null.</summary>
    internal static long? Version(IEnumerable<OperatorSetIdProto> imports) => imports.FirstOrDefault(o => Normal(o.Domain).Length == 0)?.Version;

    /// <summary>True where an operator means the same in both versions.</summary>
    internal static bool SameMeaning(string opType, long a, long b)
    {
        long low = Math.Min(a, b), high = Math.Max(a, b);
        return !Changes(opType).Any(change => change > low && change <= high);
    }

    /// <summary>The versions that changed how an operator is written or what it computes, from 13 on, since functions are no older; widened types do not count.</summary>
    private static long[] Changes(string opType) => opType switch
    {
        "ReduceMean" or "ReduceMax" or "ReduceMin" or "ReduceProd" or "ReduceL1" or "ReduceL2" or "ReduceLogSum" or "ReduceLogSumExp" or "ReduceSumSquare" => [13, 18],
        "Split" => [13, 18],
        "ReduceSum" or "Squeeze" or "Unsqueeze" or "Softmax" or "LogSoftmax" or "Hardmax" => [13],
        "BatchNormalization" => [14, 15],
        "Resize" => [13, 18, 19],
        "GroupNormalization" => [21],
        _ => [],
    };
}
