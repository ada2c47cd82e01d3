using System.Globalization;
using System.Text;
using Glossa.Models.Optimization;
using Glossa.Pipeline.Export;

namespace Glossa.Pipeline.Optimize;

/// <summary>Results as a table for people.</summary>
public static class OptimizationTable
{
    private const string Begin = "<!-- optimization -->\n", End = "<!-- end of optimization -->";
    private static readonly string[] Passes = ["norms", "gelu", "bias-gelu", "rotary", "share"];
    private static readonly string[] AttentionOperators = ["MultiHeadAttention", "GroupQueryAttention", "Attention"];

    /// <summary>
    /// Writes a row a model: nodes before and after, what the passes found, how far each precision is off. A file that has the comments <c>optimization</c> and
    /// <c>end of optimization</c> keeps what is around them.
    /// </summary>
    /// <exception cref="WorkException">The file cannot be written.</exception>
    public static void WriteMarkdown(string path, IReadOnlyList<(string Name, OptimizeResult Result)> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        ExportPrecision[] precisions = [.. ExportPrecisions.All.Where(precision => results.Any(r => r.Result.Files.Any(file => file.Precision == precision)))];
        StringBuilder text = new();
        text.Append("| model | nodes | after | attentions | ").AppendJoin(" | ", Passes).Append(" | ").AppendJoin(" | ", precisions.Select(precision => precision.Name())).Append(" |\n|---|--:|--:|--:|")
            .Append(string.Concat(Enumerable.Repeat("--:|", Passes.Length + precisions.Length))).Append('\n');
        foreach ((string name, OptimizeResult result) in results)
        {
            OptimizationResult optimized = result.Optimization;
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {optimized.NodesBefore} | {optimized.NodesAfter} | {optimized.Model.Graph.Node.Count(node => AttentionOperators.Contains(node.OpType))} | ");
            text.AppendJoin(" | ", Passes.Select(pass => optimized.Count(pass) is > 0 and var count ? count.ToString(CultureInfo.InvariantCulture) : "")).Append(" | ");
            text.AppendJoin(" | ", precisions.Select(precision => result.Files.FirstOrDefault(file => file.Precision == precision) is { } file
                ? file.Difference.ToString("0.0E+0", CultureInfo.InvariantCulture) : "")).Append(" |\n");
        }
        string page = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        int begin = page.IndexOf(Begin, StringComparison.Ordinal), end = page.IndexOf(End, StringComparison.Ordinal);
        AtomicFile.WriteText(path, begin < 0 || end < begin ? text.ToString() : page[..(begin + Begin.Length)] + text + page[end..]);
    }
}
