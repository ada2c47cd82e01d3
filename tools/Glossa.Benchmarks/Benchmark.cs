using System.Globalization;

namespace Glossa.Benchmarks;

/// <summary>A measurement with a name.</summary>
internal sealed record Benchmark(string Name, string Description, Action<BenchmarkArguments, Findings> Run);

/// <summary>What the command line asks for: a filter over names, and settings <c>name=value</c>.</summary>
internal sealed record BenchmarkArguments(string? Filter, IReadOnlyDictionary<string, string> Settings)
{
    public static BenchmarkArguments Parse(string[] args)
    {
        string? filter = null;
        Dictionary<string, string> settings = [];
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i] == "--filter" && i + 1 < args.Length) filter = args[++i];
            else if (args[i].Split('=', 2) is [var name, var value]) settings[name] = value;
            else throw new InputException($"'{args[i]}' is no setting", fix: "write --filter NAME and settings as name=value");
        }
        return new BenchmarkArguments(filter, settings);
    }

    public int Number(string name, int otherwise) =>
        !Settings.TryGetValue(name, out string? text) ? otherwise
        : int.TryParse(text, CultureInfo.InvariantCulture, out int value) ? value
        : throw new InputException($"{name}={text} is no whole number", fix: "give a number");

    /// <summary>A list of whole numbers, as in <c>name=1,2,4</c>.</summary>
    public int[] Numbers(string name, string otherwise) => [.. (Text(name) ?? otherwise).Split(',').Select(text => int.TryParse(text, CultureInfo.InvariantCulture, out int number)
        ? number : throw new InputException($"{name}={text} is no list of whole numbers", fix: "write name=1,2,4"))];

    public string? Text(string name) => Settings.GetValueOrDefault(name);
}
