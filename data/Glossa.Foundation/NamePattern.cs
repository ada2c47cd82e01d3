using System.IO.Enumeration;

namespace Glossa;

/// <summary>Patterns over names of tensors and nodes: <c>*</c> stands for any characters, <c>?</c> for one, <c>|</c> separates alternatives. Case matters.</summary>
public static class NamePattern
{
    /// <summary>True where one of the alternatives matches the whole name.</summary>
    public static bool Matches(string pattern, ReadOnlySpan<char> name)
    {
        foreach (string alternative in pattern.Split('|', StringSplitOptions.TrimEntries))
            if (FileSystemName.MatchesSimpleExpression(alternative, name, ignoreCase: false)) return true;
        return false;
    }
}
