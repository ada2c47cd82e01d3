using System.Text.Json.Nodes;

namespace Glossa.Pipeline.Export;

/// <summary>What generation_config.json says.</summary>
/// <param name="BeginId">Id of <c>&lt;bos&gt;</c>.</param>
/// <param name="EndId">Id of <c>&lt;eos&gt;</c>, where generation stops.</param>
/// <param name="PadId">Id of <c>&lt;pad&gt;</c>.</param>
/// <param name="MaxLength">The most tokens, prompt included.</param>
/// <param name="NeverGenerated">Ids that are only ever given: language tags, <c>&lt;bos&gt;</c>, <c>&lt;pad&gt;</c>.</param>
public sealed record GenerationDefaults(int BeginId, int EndId, int PadId, int MaxLength, IReadOnlyCollection<int> NeverGenerated)
{
    /// <summary>The object to store. Both transformers and transformers.js read suppress_tokens.</summary>
    public JsonObject ToJson()
    {
        JsonObject json = new()
        {
            ["bos_token_id"] = BeginId,
            ["eos_token_id"] = EndId,
            ["pad_token_id"] = PadId,
            ["max_length"] = MaxLength,
        };
        int[] never = [.. NeverGenerated.Where(id => id != EndId).Distinct().Order()];
        if (never.Length == 0) return json;
        json["suppress_tokens"] = new JsonArray([.. never.Select(id => JsonValue.Create(id))]);
        return json;
    }
}
