using System.Security.Cryptography;
using System.Text;

namespace Glossa;

/// <summary>SHA-256 content hashes as lower-case hexadecimal.</summary>
public static class ContentHash
{
    /// <summary>Hash of a file's bytes.</summary>
    /// <exception cref="InputException">The file cannot be read.</exception>
    public static string OfFile(string path)
    {
        using FileStream stream = IoFailure.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Hash of a text's UTF-8 bytes.</summary>
    public static string OfText(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Hash of several parts, each preceded by its length so that no two lists collide.</summary>
    public static string OfParts(params IEnumerable<string> parts)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in parts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes((long)bytes.Length));
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
