using System.ComponentModel;
using System.Diagnostics;
using NUnit.Framework;

namespace Glossa.Data.Tests.Baselines;

/// <summary>The system's xz command, the outside judge of the baseline.</summary>
internal static class Xz
{
    /// <summary>Size of <c>xz --format=raw --lzma2=preset=9e</c> in bytes; the test is skipped where there is no xz.</summary>
    public static int RawSize(byte[] input)
    {
        using MemoryStream output = new();
        Run(["--format=raw", "--lzma2=preset=9e", "--stdout"], input, output);
        return (int)output.Length;
    }

    /// <summary>Decompresses a raw LZMA2 stream.</summary>
    public static byte[] Decompress(byte[] compressed)
    {
        using MemoryStream output = new();
        Run(["--decompress", "--format=raw", "--lzma2=preset=9e", "--stdout"], compressed, output);
        return output.ToArray();
    }

    private static void Run(string[] arguments, byte[] input, MemoryStream output)
    {
        ProcessStartInfo start = new("xz", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Ignore("the command xz is not installed");
        }
        using (process)
        {
            Task write = Task.Run(() =>
            {
                using Stream stream = process!.StandardInput.BaseStream;
                stream.Write(input);
            });
            process!.StandardOutput.BaseStream.CopyTo(output);
            write.Wait();
            process.WaitForExit();
            Assert.That(process.ExitCode, Is.Zero);
        }
    }
}
