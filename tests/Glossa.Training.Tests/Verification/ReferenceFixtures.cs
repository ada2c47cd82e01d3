using Glossa.Training.Safetensors;

namespace Glossa.Training.Tests.Verification;

/// <summary>Folders with a reference: a few inside the repository, all of them where shared/fixtures/hf is beside it.</summary>
internal static class ReferenceFixtures
{
    /// <summary>The folders of this repository.</summary>
    public static IEnumerable<string> Own => Names(Fixtures.Above("tests", "fixtures", "hf")!);

    /// <summary>The folders beside the repository; one name that cannot be opened where there are none.</summary>
    public static IEnumerable<string> Shared => Fixtures.Above("shared", "fixtures", "hf") is { } folder ? Names(folder) : ["none"];

    /// <summary>A folder of this repository.</summary>
    public static string OwnFolder(string name) => Path.Combine(Fixtures.Above("tests", "fixtures", "hf")!, name);

    /// <summary>Copies a folder of this repository, without its reference where that is not wanted.</summary>
    public static string Copy(string name, bool reference = true)
    {
        string copy = Directory.CreateTempSubdirectory("glossa-verify-").FullName;
        foreach (string file in Directory.GetFiles(OwnFolder(name)).Where(file => reference || Path.GetExtension(file) == ".onnx"))
            File.WriteAllBytes(Path.Combine(copy, Path.GetFileName(file)), File.ReadAllBytes(file));
        return copy;
    }

    /// <summary>Changes one element of a stored float32 tensor.</summary>
    public static void Change(string folder, string tensor, int element, Func<float, float> change)
    {
        string path = Path.Combine(folder, "reference.safetensors");
        long offset;
        using (SafetensorsReader reader = SafetensorsReader.Open(path)) offset = reader.Entry(tensor).Offset + (element * sizeof(float));
        byte[] bytes = File.ReadAllBytes(path);
        Span<byte> place = bytes.AsSpan((int)offset, sizeof(float));
        BitConverter.TryWriteBytes(place, change(BitConverter.ToSingle(place)));
        File.WriteAllBytes(path, bytes);
    }

    private static IEnumerable<string> Names(string folder) => Directory.GetDirectories(folder).Select(inner => Path.GetFileName(inner)).Order(StringComparer.Ordinal);
}
