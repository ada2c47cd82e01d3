namespace Glossa.Pipeline.Configuration;

/// <summary>The words of settings that are a choice, as configurations and command lines spell them.</summary>
public static class SettingWords
{
    /// <summary>The value of a word.</summary>
    /// <param name="word">What was given.</param>
    /// <param name="where">The option or key that it was given for.</param>
    /// <exception cref="InputException">There is no such word.</exception>
    public static T Parse<T>(string word, string where)
        where T : struct, Enum
    {
        (object Value, string Word)[] words = ConfigSchema.Words(typeof(T));
        return words.FirstOrDefault(entry => entry.Word == word).Value is T value
            ? value
            : throw new InputException($"'{word}' is not one of {string.Join(", ", words.Select(entry => entry.Word))}", where, NearestName.Advice(word, [.. words.Select(entry => entry.Word)]));
    }
}
