using System.Diagnostics;
using System.Text.Json;
using Glossa.Data.Tests.Corpora;
using Glossa.Data.Tokenizers;
using Glossa.Data.Tokenizers.Unigram;
using Glossa.Data.Tokenizers.WordPiece;
using NUnit.Framework;

namespace Glossa.Data.Tests.Tokenizers.Clients;

/// <summary>Trained files in Hugging Face's JavaScript client, where one is installed.</summary>
public class TransformersJsTests
{
    private static readonly string[] Lines = [.. UdhrLines.Of("test").Select(line => line.Text).Where((_, i) => i % 2 == 0).Take(2000)];

    [TestCase("bpe")]
    [TestCase("unigram")]
    [TestCase("wordpiece")]
    public void Encode_TrainedFile_GivesTheClientsIds(string kind)
    {
        string client = Client();
        using TemporaryTokenizer trained = new(folder => Train(kind, folder));
        string lines = Path.Combine(trained.Folder, "lines.json");
        File.WriteAllText(lines, JsonSerializer.Serialize(Lines));
        JsonElement[] encoded = [.. Run(client, trained.Folder, lines).EnumerateArray()];

        int compared = 0;
        for (int i = 0; i < Lines.Length; i++)
        {
            List<int> ids = [];
            trained.Tokenizer.Encode(Lines[i], ids);
            // That client's Unigram knows no byte pieces.
            if (kind == "unigram" && ids.Exists(id => id is >= UnigramVocabulary.FirstByteId and < UnigramVocabulary.FirstPieceId)) continue;
            // Its WordPiece does not part ideographs beyond U+FFFF.
            if (kind == "wordpiece" && Lines[i].Any(char.IsSurrogate)) continue;
            Assert.That(encoded[i][0].EnumerateArray().Select(id => id.GetInt32()), Is.EqualTo(ids), Lines[i]);
            Assert.That(encoded[i][1].GetString(), Is.EqualTo(trained.Tokenizer.Decode(ids)));
            compared++;
        }
        Assert.That(compared, Is.GreaterThan(Lines.Length / 2));
    }

    private static void Train(string kind, string folder)
    {
        IEnumerable<(string, string)> texts = UdhrLines.Of("train");
        if (kind == "bpe") HuggingFaceTokenizer.Save(BpeTrainer.Train(texts, new BpeTrainerOptions()), folder, 256);
        else if (kind == "unigram") HuggingFaceTokenizer.Save(UnigramTrainer.Train(texts, new UnigramTrainerOptions { VocabularySize = 4000 }), folder, 256);
        else HuggingFaceTokenizer.Save(WordPieceTrainer.Train(texts, new WordPieceTrainerOptions { VocabularySize = 4000 }), folder, 256);
    }

    private static JsonElement Run(string client, string folder, string lines)
    {
        string script = Path.Combine(TestFolders.Root, "tests", "Glossa.Data.Tests", "Tokenizers", "Clients", "encode.mjs");
        ProcessStartInfo start = new("node", [script, client, folder, lines]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, error.Result);
        using JsonDocument document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }

    private static string Client()
    {
        if (Environment.GetEnvironmentVariable("GLOSSA_TRANSFORMERS_JS") is { } folder && Directory.Exists(Path.Combine(folder, "node_modules", "@huggingface", "transformers"))) return folder;
        Assert.Ignore("transformers.js is not installed: npm install it in a folder, which GLOSSA_TRANSFORMERS_JS names");
        return "";
    }
}
