using System.Text.Json;
using System.Text.Json.Nodes;
using Glossa.Data.Tests.Corpora;
using Glossa.Data.Tokenizers.HuggingFace;

namespace Glossa.Data.Tests.Tokenizers.HuggingFace;

/// <summary>Makes tokenizers of JSON parts.</summary>
internal static class TokenizerOf
{
    /// <summary>A vocabulary of one unknown token, for tests of what comes before the model.</summary>
    public const string AnyWord = """{"type":"WordLevel","vocab":{"<unk>":0},"unk_token":"<unk>"}""";

    public static TextTokenizer Parts(string model = AnyWord, string normalizer = "null", string preTokenizer = "null", string postProcessor = "null",
        string decoder = "null", string addedTokens = "[]", string truncation = "null")
    {
        using TemporaryFolder folder = new();
        return TextTokenizer.Load(folder.Write("tokenizer.json", $$"""
            {"version":"1.0","truncation":{{truncation}},"padding":null,"added_tokens":{{addedTokens}},"normalizer":{{normalizer}},"pre_tokenizer":{{preTokenizer}},
             "post_processor":{{postProcessor}},"decoder":{{decoder}},"model":{{model}}}
            """));
    }

    /// <summary>A model whose tokens have their places as ids.</summary>
    public static string Model(string type, string rest, params string[] tokens) =>
        $$"""{"type":"{{type}}","vocab":{{new JsonObject(tokens.Select((token, id) => KeyValuePair.Create<string, JsonNode?>(token, id))).ToJsonString(JsonSerializerOptions.Default)}}{{rest}}}""";
}
