using System.IO.Compression;

namespace Glossa.Data.Tests.Corpora;

internal static class Gzip
{
    public static byte[] Compress(byte[] content, CompressionLevel level = CompressionLevel.Optimal)
    {
        using MemoryStream result = new();
        using (GZipStream gzip = new(result, level)) gzip.Write(content);
        return result.ToArray();
    }
}
