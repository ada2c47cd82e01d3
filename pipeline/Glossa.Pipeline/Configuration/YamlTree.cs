using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Glossa.Pipeline.Configuration;

/// <summary>
/// Reads YAML into nodes that know their places. What a configuration has no use for and an attacker might have is
/// refused: aliases, tags, several documents, deep nesting, large files.
/// </summary>
internal sealed class YamlTree
{
    private const int MostBytes = 1 << 20;
    private const int Deepest = 32;

    private readonly string _source;
    private readonly string? _folder;
    private readonly bool _lines;
    private readonly Parser _parser;

    private YamlTree(string text, string source, string? folder, bool lines)
    {
        (_source, _folder, _lines) = (source, folder, lines);
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>The mapping of a file.</summary>
    /// <exception cref="InputException">The file is missing or no such YAML.</exception>
    public static ConfigMapping ReadFile(string path)
    {
        byte[] bytes;
        using (FileStream stream = IoFailure.OpenRead(path, "configuration"))
        {
            if (stream.CanSeek && stream.Length > MostBytes)
                throw new InputException($"the configuration has {stream.Length:N0} bytes, expected at most {MostBytes:N0}", path, "name a YAML file");
            using MemoryStream memory = new();
            stream.CopyTo(memory);
            bytes = memory.ToArray();
        }
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new InputException("the configuration is not valid UTF-8", path, "save it as UTF-8", e);
        }
        return ReadText(text.TrimStart('\uFEFF'), path, Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>The mapping of a text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="source">What to call it in messages.</param>
    /// <param name="folder">Where relative paths start.</param>
    public static ConfigMapping ReadText(string text, string source, string folder)
    {
        // The scanner takes a zero byte for the end of the text and would drop the rest without a word.
        if (text.Contains('\0')) throw new InputException("the configuration holds a zero byte", source, "name a YAML file, saved as UTF-8");
        ConfigNode? node = new YamlTree(text, source, folder, lines: true).ReadDocument();
        if (node is null || node.IsNull) throw new InputException("the configuration is empty", source, "write at least one key, such as 'seed: 1'");
        return node as ConfigMapping
            ?? throw new InputException($"expected a mapping of keys to values, found {node.Shown}", node.Place.ToString(), "write 'key: value' lines");
    }

    /// <summary>The value of a <c>--set</c> argument.</summary>
    public static ConfigNode ReadValue(string text, string argument, string folder) =>
        new YamlTree(text, argument, folder, lines: false).ReadDocument() ?? new ConfigScalar(new ConfigPlace(argument, 0, 0, folder), "");

    private ConfigNode? ReadDocument()
    {
        try
        {
            _parser.Consume<StreamStart>();
            if (_parser.TryConsume<StreamEnd>(out _)) return null;
            _parser.Consume<DocumentStart>();
            ConfigNode node = ReadNode(1);
            _parser.Consume<DocumentEnd>();
            if (!_parser.TryConsume<StreamEnd>(out _))
                throw new InputException("found a second YAML document", Place(_parser.Current!.Start).ToString(), "keep one document in the file");
            return node;
        }
        catch (YamlException e)
        {
            throw new InputException($"not valid YAML ({FirstLine(e.Message)})", Place(e.Start).ToString(), "correct the line", e);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            // Some broken texts make the library fail outside its own exception type, without a position.
            throw new InputException("not valid YAML", _source, "correct it", e);
        }
    }

    private ConfigNode ReadNode(int depth)
    {
        ConfigPlace place = Place(_parser.Current!.Start);
        if (depth > Deepest) throw new InputException($"nested deeper than {Deepest} levels", place.ToString(), "a configuration needs four");
        if (_parser.Accept<AnchorAlias>(out var alias))
            throw new InputException($"the alias '*{alias.Value}' is not supported", place.ToString(), "write the value out");
        if (_parser.Accept<NodeEvent>(out var tagged) && !tagged.Tag.IsEmpty && !tagged.Tag.IsNonSpecific)
            throw new InputException($"the tag '{tagged.Tag}' is not supported", place.ToString(), "remove it");
        if (_parser.TryConsume<Scalar>(out var scalar)) return new ConfigScalar(place, scalar.Value, scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any));
        if (_parser.TryConsume<SequenceStart>(out _))
        {
            List<ConfigNode> items = [];
            while (!_parser.TryConsume<SequenceEnd>(out _)) items.Add(ReadNode(depth + 1));
            return new ConfigSequence(place, items);
        }
        _parser.Consume<MappingStart>();
        return ReadMapping(place, depth);
    }

    private ConfigMapping ReadMapping(ConfigPlace place, int depth)
    {
        List<ConfigEntry> entries = [];
        HashSet<string> keys = new(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            ConfigNode key = ReadNode(depth + 1);
            if (key is not ConfigScalar { Text: string name })
                throw new InputException($"expected a key, found {key.Shown}", key.Place.ToString(), "write 'key: value'");
            if (!keys.Add(name)) throw new InputException($"the key '{name}' stands twice", key.Place.ToString(), "remove one of the two");
            entries.Add(new ConfigEntry(name, key.Place, ReadNode(depth + 1)));
        }
        return new ConfigMapping(place, entries);
    }

    private ConfigPlace Place(Mark mark) =>
        _lines ? new ConfigPlace(_source, (int)mark.Line, (int)mark.Column, _folder) : new ConfigPlace(_source, 0, 0, _folder);

    private static string FirstLine(string message)
    {
        // The library puts its own position first: "(Line: 1, Col: 2, Idx: 3) - (...): text".
        int text = message.StartsWith("(Line", StringComparison.Ordinal) ? message.IndexOf("): ", StringComparison.Ordinal) : -1;
        return (text < 0 ? message : message[(text + 3)..]).ReplaceLineEndings(" ").TrimEnd('.');
    }
}
