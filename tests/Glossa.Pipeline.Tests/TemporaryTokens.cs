using Glossa.Data.Corpora;
using Glossa.Data.Tokens;
using Glossa.Pipeline.Tests.Evaluate;

namespace Glossa.Pipeline.Tests;

/// <summary>Texts as a token file of bytes, in a folder that goes away with it.</summary>
internal sealed class TemporaryTokens : IDisposable
{
    public TemporaryTokens(IReadOnlyList<string> languages, IEnumerable<(int Language, CorpusSplit Split, string Text)> texts)
    {
        TokenFileWriter.Write(Folder["tokens.bin"], languages, texts, new ByteTokenizer(), threads: 1);
        File = TokenFile.Open(Folder["tokens.bin"]);
    }

    public TemporaryFolder Folder { get; } = new();

    public TokenFile File { get; }

    public void Dispose()
    {
        File.Dispose();
        Folder.Dispose();
    }
}
