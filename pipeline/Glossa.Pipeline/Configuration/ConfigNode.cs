namespace Glossa.Pipeline.Configuration;

/// <summary>Where a value was written.</summary>
/// <param name="Source">A path, or the whole <c>--set</c> argument.</param>
/// <param name="Line">Line from 1; 0 where there are none.</param>
/// <param name="Column">Column from 1.</param>
/// <param name="Folder">Folder that relative paths start from; null where the value is a default.</param>
internal sealed record ConfigPlace(string Source, int Line, int Column, string? Folder)
{
    /// <summary>Of a value that nobody wrote.</summary>
    public static ConfigPlace Default { get; } = new("defaults", 0, 0, null);

    public override string ToString() => Line > 0 ? $"{Source}:{Line}:{Column}" : Source;
}

/// <summary>A value of a configuration before it has a type: a text, a list or a mapping.</summary>
internal abstract record ConfigNode(ConfigPlace Place)
{
    /// <summary>True for an unquoted null, <c>~</c> or nothing: the setting keeps its default.</summary>
    public bool IsNull => this is ConfigScalar { Quoted: false, Text: "" or "~" or "null" };

    /// <summary>What it is, for messages.</summary>
    public string Shown => this switch
    {
        ConfigScalar { Text.Length: > 60 } scalar => $"'{scalar.Text[..57]}...'",
        ConfigScalar scalar => $"'{scalar.Text}'",
        ConfigSequence => "a list",
        _ => "a mapping",
    };
}

/// <summary>A text, as written.</summary>
internal sealed record ConfigScalar(ConfigPlace Place, string Text, bool Quoted = false) : ConfigNode(Place);

/// <summary>A list.</summary>
internal sealed record ConfigSequence(ConfigPlace Place, IReadOnlyList<ConfigNode> Items) : ConfigNode(Place);

/// <summary>Keys with values, in the order of the file; each key stands once.</summary>
internal sealed record ConfigMapping(ConfigPlace Place, IReadOnlyList<ConfigEntry> Entries) : ConfigNode(Place)
{
    // Naming one of a pair drops the other of a configuration that this one is laid over.
    private static readonly (string, string)[] Alternatives = [("preset", "graph"), ("tokens", "epochs")];

    public ConfigNode? this[string key] => Entries.FirstOrDefault(entry => entry.Key == key)?.Value;

    /// <summary>The mapping with a key set or replaced.</summary>
    public ConfigMapping With(ConfigEntry entry)
    {
        List<ConfigEntry> entries = [.. Entries.Where(old => !ExcludedBy(old.Key, entry))];
        int index = entries.FindIndex(old => old.Key == entry.Key);
        if (index < 0) entries.Add(entry);
        else entries[index] = entry;
        return new ConfigMapping(Place, entries);
    }

    /// <summary>The mapping without a key.</summary>
    public ConfigMapping Without(string key) => new(Place, [.. Entries.Where(entry => entry.Key != key)]);

    /// <summary>This mapping with another one laid over it: mappings merge, anything else is replaced, null means the default.</summary>
    public ConfigMapping Under(ConfigMapping upper)
    {
        ConfigMapping merged = this;
        List<ConfigEntry> added = [];
        foreach (ConfigEntry entry in upper.Entries)
        {
            if (entry.Value.IsNull && this[entry.Key] is not null) merged = merged.Without(entry.Key);
            else if (entry.Value is ConfigMapping inner && merged[entry.Key] is ConfigMapping lower)
                merged = merged.With(entry with { Value = lower.Under(inner) });
            else if (Entries.Any(old => ExcludedBy(old.Key, entry)) || this[entry.Key] is not null) merged = merged.With(entry);
            else added.Add(entry);
        }
        return new ConfigMapping(upper.Place, [.. merged.Entries, .. added.Where(entry => merged[entry.Key] is null)]);
    }

    private static bool ExcludedBy(string key, ConfigEntry entry) => !entry.Value.IsNull
        && Alternatives.Any(pair => (key, entry.Key) == pair || (entry.Key, key) == pair);
}

/// <summary>A key with its value.</summary>
internal sealed record ConfigEntry(string Key, ConfigPlace Place, ConfigNode Value);
