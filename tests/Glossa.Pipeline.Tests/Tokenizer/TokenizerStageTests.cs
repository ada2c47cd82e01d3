using Glossa.Data.Tokenizers.HuggingFace;
using Glossa.Data.Tokens;
using Glossa.Pipeline.Budget;
using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Ingest;
using Glossa.Pipeline.Languages;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Tokenizer;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Tokenizer;

[TestFixture]
internal sealed class TokenizerStageTests
{
    [TestCase(true, 2)]
    [TestCase(false, 0)]
    public void Run_LanguageTags_OnOrOff(bool on, int tags)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(Path.Combine(folder.Path, "corpus.csv"), "language,split,text\n" + string.Concat(Enumerable.Range(0, 50).Select(i => $"en,train,a text {i}\nde,train,ein Text {i}\n")));
        RunConfig config = ConfigReader.Parse($"corpus: {{path: corpus.csv}}\ntokenizer: {{vocabulary: 270, languageTags: {(on ? "true" : "false")}}}\nevaluation: {{baseline: false}}\n", "test", folder.Path, []);
        RunResult run = new PipelineRunner([new IngestStage(), new LanguagesStage(), new BudgetStage(), new TokenizerStage()]).Run(config, new RunOptions { Folder = Path.Combine(folder.Path, "run") });
        string output = run.Stages[^1].Folder;
        using TokenFile tokens = TokenFile.Open(Path.Combine(output, TokenizerStage.TokensFile));
        Assert.That(tokens.VocabularySize - tokens.TextVocabularySize, Is.EqualTo(tags));
        Assert.That(TextTokenizer.Load(Path.Combine(output, TokenizerStage.Folder)).LanguageTagId("de"), on ? Is.EqualTo(tokens.TextVocabularySize) : Is.Null);
    }
}
