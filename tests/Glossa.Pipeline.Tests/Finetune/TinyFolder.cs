using Glossa.Pipeline.Finetune;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Finetune;

/// <summary>The fixtures' tiny models and corpora that they can learn.</summary>
internal static class TinyFolder
{
    private static readonly string[] Colours = ["red", "green", "blue", "white"], Things = ["house", "river", "garden", "window", "street", "mountain"];

    /// <summary>Settings that train in about a second.</summary>
    public static FinetuneOptions Options { get; } = new()
    {
        Task = FinetuneTask.Classification,
        Epochs = 4,
        Batch = 8,
        MicroBatch = 4,
        LearningRate = 5e-3,
        MaxLength = 16,
        Threads = 2,
    };

    public static string Path(string name)
    {
        DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Pipeline.sln"))) folder = folder.Parent;
        return System.IO.Path.Combine(folder!.FullName, "tests", "fixtures", "hf-layout", name);
    }

    /// <summary>Texts in two languages, told apart by one word: what they say is the label.</summary>
    public static string Corpus(TemporaryFolder folder)
    {
        List<string> rows = ["language,split,text,label,pair"];
        for (int i = 0; i < 96; i++)
        {
            string colour = Colours[i % 4], thing = Things[i / 4 % 6], split = i < 64 ? "train" : i < 80 ? "valid" : "test";
            (string language, string article) = (i / 24 % 2) == 0 ? ("en", "the") : ("de", "das");
            rows.Add($"{language},{split},{article} {thing} number {i} is {colour},{(i % 4 < 2 ? "warm" : "cold")},number {i} {thing} {colour}");
        }
        return folder.Write("corpus.csv", string.Join('\n', rows) + "\n");
    }
}
