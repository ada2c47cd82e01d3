using Glossa.Data.Tokenizers.HuggingFace;

namespace Glossa.Data.Tests.Tokenizers;

/// <summary>A tokenizer that was written into a folder and read back.</summary>
internal sealed class TemporaryTokenizer : IDisposable
{
    public TemporaryTokenizer(Action<string> save)
    {
        save(Folder);
        Tokenizer = TextTokenizer.Load(Folder);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("glossa-tokenizer-").FullName;

    public TextTokenizer Tokenizer { get; }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
