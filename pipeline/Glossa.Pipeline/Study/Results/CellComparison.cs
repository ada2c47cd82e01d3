using System.Text.Json;

namespace Glossa.Pipeline.Study.Results;

/// <summary>Holds two makings of one cell against each other, number by number.</summary>
internal static class CellComparison
{
    /// <summary>Whether all of training and scoring is the same to the bit; times are not compared.</summary>
    public static CellRerun Of(CellResult first, CellResult second)
    {
        // The shortest text that reads back exactly is the same for two numbers only where their bits are.
        List<(string Path, string Text)> before = Figures(first), after = Figures(second);
        int numbers = before.Count;
        string? difference = before.Count != after.Count ? FormattableString.Invariant($"{before.Count} numbers before, {after.Count} now") : null;
        if (before.Zip(after).FirstOrDefault(pair => pair.First != pair.Second) is { First.Path: not null } pair)
            difference = pair.First.Path == pair.Second.Path ? $"{pair.First.Path} was {pair.First.Text} and is {pair.Second.Text}" : $"{pair.First.Path} is missing";
        return new CellRerun(difference is null, numbers, second.Made.Processor, second.Made.Commit, difference);
    }

    private static List<(string Path, string Text)> Figures(CellResult cell)
    {
        List<(string, string)> figures = [];
        Collect(StudyJson.Element(cell.Training), "training", figures);
        Collect(StudyJson.Element(cell.Valid), "valid", figures);
        Collect(StudyJson.Element(cell.Test), "test", figures);
        return figures;
    }

    private static void Collect(JsonElement element, string path, List<(string, string)> leaves)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject()) Collect(property.Value, $"{path}.{property.Name}", leaves);
                break;
            case JsonValueKind.Array:
                int index = 0;
                foreach (JsonElement item in element.EnumerateArray()) Collect(item, FormattableString.Invariant($"{path}[{index++}]"), leaves);
                break;
            default:
                leaves.Add((path, element.GetRawText()));
                break;
        }
    }
}
