using System.Text.Json;

namespace Glossa.Data.Tokenizers.Writing;

/// <summary>A byte-level BPE model in the terms of its files. There is no post-processor: whoever runs the model gives the language tag or <c>&lt;bos&gt;</c> himself.</summary>
internal static class BpeDescription
{
    /// <summary>Describes a model.</summary>
    public static TokenizerDescription Of(BpeModel model) => new()
    {
        AddedTokens = model.AddedTokens,
        PreTokenizer = model.Pattern == WordPattern.Gpt2
            ? JsonPart.ByteLevel(useRegex: true)
            : JsonPart.Sequence("pretokenizers", JsonPart.Split(model.Pattern), JsonPart.ByteLevel(useRegex: false)),
        Decoder = JsonPart.ByteLevel(useRegex: true),
        WriteModel = json => WriteModel(json, model),
        Roles = [.. Roles(model)],
    };

    private static IEnumerable<(string, string)> Roles(BpeModel model)
    {
        foreach ((string role, int id) in ((string, int)[])[("bos_token", model.BeginId), ("eos_token", model.EndId), ("pad_token", model.PadId)])
            foreach (AddedToken token in model.AddedTokens)
                if (token.Id == id) yield return (role, token.Content);
    }

    private static void WriteModel(Utf8JsonWriter json, BpeModel model)
    {
        Dictionary<int, string> added = model.AddedTokens.ToDictionary(token => token.Id, token => token.Content);
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", false);
        json.WriteStartObject("vocab");
        for (int id = 0; id < model.VocabularySize; id++)
        {
            // Added tokens stand here as well: the Rust library numbers those that do not anew.
            if (added.TryGetValue(id, out string? content)) json.WriteNumber(content, id);
            else if (model.HasBytes(id)) json.WriteNumber(ByteAlphabet.Write(model.TokenBytes(id)), id);
        }
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (BpeMerge merge in model.Merges)
            json.WriteStringValue(ByteAlphabet.Write(model.TokenBytes(merge.Left)) + " " + ByteAlphabet.Write(model.TokenBytes(merge.Right)));
        json.WriteEndArray();
    }
}
