using System.Text.Json;

namespace Glossa.GpuCheck;

/// <summary>A model and a batch shape, read by this program and by the PyTorch side alike.</summary>
/// <param name="Name">What results call it.</param>
/// <param name="Kind"><c>nanochat</c>, the default preset, or <c>gpt</c>: learned positions, LayerNorm before the blocks, erf GELU, tied head.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Width">Width of the residual stream.</param>
/// <param name="FeedForward">Inner width of the feed-forward layer.</param>
/// <param name="Vocabulary">Tokens.</param>
/// <param name="Sequence">Tokens of a sequence.</param>
/// <param name="Batch">Sequences of a micro-batch.</param>
/// <param name="MicroBatches">Micro-batches of a step.</param>
/// <param name="Checked">Whether gradients and losses are compared with the CPU's, which takes the CPU's time.</param>
internal sealed record CheckCase(
    string Name, string Kind, int Layers, int Heads, int Width, int FeedForward, int Vocabulary, int Sequence, int Batch, int MicroBatches, bool Checked)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Tokens of a step.</summary>
    public int Tokens => Batch * Sequence * MicroBatches;

    /// <summary>Tokens of a step that have a successor to predict.</summary>
    public int Labels => Batch * (Sequence - 1) * MicroBatches;

    /// <summary>The cases of a set in <c>cases.json</c>.</summary>
    /// <exception cref="InputException">There is no such set.</exception>
    public static IReadOnlyList<CheckCase> Read(string set)
    {
        string file = Path.Combine(AppContext.BaseDirectory, "cases.json");
        Dictionary<string, CheckCase[]> sets = JsonSerializer.Deserialize<Dictionary<string, CheckCase[]>>(File.ReadAllText(file), Json)!;
        return sets.TryGetValue(set, out CheckCase[]? cases) ? cases : throw new InputException($"there is no set of cases '{set}'", file, $"choose one of {string.Join(", ", sets.Keys)}");
    }
}
