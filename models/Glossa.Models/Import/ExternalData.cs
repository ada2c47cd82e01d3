using System.Globalization;
using Glossa.Models.Onnx;
using Google.Protobuf;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Import;

/// <summary>
/// Reads tensors that lie in files beside the model into it. Nothing is allocated before the file is known to hold it, each region is read once
/// however many tensors share it, and no file outside the model's folder is opened.
/// </summary>
internal sealed class ExternalData(string modelPath)
{
    private readonly string _folder = Path.GetDirectoryName(Path.GetFullPath(modelPath))!;
    private readonly Dictionary<string, FileInfo> _files = [];
    private readonly Dictionary<(string Location, long Offset, long Length), ByteString> _regions = [];
    private readonly Dictionary<string, long> _read = [];

    /// <summary>Brings the data of every tensor of the model inside.</summary>
    /// <exception cref="InputException">A reference is not sound.</exception>
    internal static void Load(ModelProto model, string modelPath)
    {
        ExternalData external = new(modelPath);
        foreach ((TensorProto tensor, string where) in ModelTensors.All(model))
        {
            if (tensor.DataLocation == TensorProto.Types.DataLocation.External) external.Load(tensor, where);
        }
    }

    private void Load(TensorProto tensor, string where)
    {
        long expected = TensorChecks.ByteCount(tensor, where, modelPath);
        if ((DataType)tensor.DataType == DataType.String) throw Refused(where, "holds text, which cannot lie in another file");
        string location = Entry(tensor, "location") ?? throw Refused(where, "names no file");
        long offset = Number(tensor, "offset", where) ?? 0, length = Number(tensor, "length", where) ?? expected;
        if (length != expected)
            throw Refused(where, $"takes {Text(length)} bytes of '{location}', but its shape [{string.Join(", ", tensor.Dims)}] needs {Text(expected)}");
        FileInfo file = FileOf(location, where);
        if (offset > file.Length || length > file.Length - offset)
            throw Refused(where, $"claims bytes {Text(offset)} to {Text(offset + (decimal)length)} of '{location}', which has {Text(file.Length)}");
        tensor.RawData = Region(file, location, offset, length, where);
        tensor.DataLocation = TensorProto.Types.DataLocation.Default;
        tensor.ExternalData.Clear();
    }

    private ByteString Region(FileInfo file, string location, long offset, long length, string where)
    {
        if (_regions.TryGetValue((location, offset, length), out ByteString? known)) return known;
        if (length > Array.MaxLength) throw Refused(where, $"has {Text(length)} bytes, more than the {Text(Array.MaxLength)} that one tensor can have");
        long total = _read[location] = _read.GetValueOrDefault(location) + length;
        if (total > file.Length) throw Refused(where, $"overlaps another tensor in '{location}'");
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)length);
        using FileStream stream = IoFailure.OpenRead(file.FullName, "external data file");
        try
        {
            stream.Seek(offset, SeekOrigin.Begin);
            stream.ReadExactly(bytes);
        }
        catch (IOException e)
        {
            throw new InputException($"cannot read the data of {where} from '{location}'", modelPath, "copy the model's files again", e);
        }
        return _regions[(location, offset, length)] = UnsafeByteOperations.UnsafeWrap(bytes);
    }

    private FileInfo FileOf(string location, string where)
    {
        if (_files.TryGetValue(location, out FileInfo? known)) return known;
        string[] parts = location.Split('/', '\\');
        if (location.Length == 0 || location.Contains('\0', StringComparison.Ordinal) || Path.IsPathRooted(location) || location.Contains(':', StringComparison.Ordinal)
            || parts.Contains("..") || parts[0].Length == 0)
            throw Refused(where, $"lies at '{location}', which leaves the model's folder");
        string path = _folder;
        foreach (string part in parts.Where(p => p is not ("" or ".")))
        {
            path = Path.Combine(path, part);
            FileSystemInfo entry = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
            if (entry.LinkTarget is not null && !Inside(entry, where, location)) throw Refused(where, $"lies at '{location}', a link that leaves the model's folder");
        }
        FileInfo file = new(path);
        if (file.LinkTarget is not null) file = new FileInfo(file.ResolveLinkTarget(returnFinalTarget: true)!.FullName);
        if (!file.Exists) throw new InputException($"the data of {where} should lie in '{location}', which is not there", modelPath, "copy all files of the model into one folder");
        return _files[location] = file;
    }

    private bool Inside(FileSystemInfo link, string where, string location)
    {
        try
        {
            string target = Path.GetFullPath(link.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? "/");
            return target.StartsWith(_folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
        }
        catch (IOException e)
        {
            throw new InputException($"{where} lies at '{location}', a link that leads nowhere", modelPath, "copy all files of the model into one folder", e);
        }
    }

    private static string? Entry(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(e => e.Key == key)?.Value;

    private long? Number(TensorProto tensor, string key, string where) => Entry(tensor, key) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value
        : throw Refused(where, $"has the {key} '{text}', which is no whole number");

    private static string Text(decimal value) => value.ToString("0", CultureInfo.InvariantCulture);

    private InputException Refused(string where, string why) =>
        new($"external data of {where}: it {why}", modelPath, "export or copy the model with its data files again");
}
