namespace Glossa.Data.Corpora.Normalization;

/// <summary>A character of a normal form, and how it came about.</summary>
/// <param name="CodePoint">The character.</param>
/// <param name="Change">
/// Characters of the source by which it lengthens (1: it was added beside the one before) or shortens (-n: it stands for n
/// more characters) the text; 0 where one character took the place of one.
/// </param>
internal readonly record struct FormedCharacter(int CodePoint, int Change);

/// <summary>
/// The steps of Unicode Standard Annex 15 over a stretch of text that nothing outside reaches into: decompose, order,
/// compose.
/// </summary>
internal static class CanonicalSegment
{
    /// <summary>Appends the full decomposition of a character.</summary>
    public static void Decompose(int codePoint, bool compatible, List<FormedCharacter> output)
    {
        int syllable = codePoint - Hangul.SyllableBase;
        if ((uint)syllable < Hangul.SyllableCount)
        {
            output.Add(new(Hangul.LeadBase + (syllable / (Hangul.VowelCount * Hangul.TrailCount)), 0));
            output.Add(new(Hangul.VowelBase + (syllable / Hangul.TrailCount % Hangul.VowelCount), 1));
            if (syllable % Hangul.TrailCount != 0) output.Add(new(Hangul.TrailBase + (syllable % Hangul.TrailCount), 1));
            return;
        }
        int[]? parts = (compatible ? CompatibilityTable.Instance.Decomposition(codePoint) : null) ?? NfcTable.Instance.Decomposition(codePoint);
        if (parts is null)
        {
            output.Add(new(codePoint, 0));
            return;
        }
        for (int i = 0; i < parts.Length; i++) output.Add(new(parts[i], i == 0 ? 0 : 1));
    }

    /// <summary>Sorts each run of combining marks by class, keeping the order of equals (the canonical ordering algorithm).</summary>
    public static void Reorder(List<FormedCharacter> characters)
    {
        for (int start = 0; start < characters.Count;)
        {
            if (ClassOf(characters[start]) == 0)
            {
                start++;
                continue;
            }
            int end = start + 1;
            while (end < characters.Count && ClassOf(characters[end]) != 0) end++;
            if (end - start > 1)
            {
                // A stable sort: hostile text may stack a million marks on one letter.
                FormedCharacter[] sorted = [.. characters[start..end].OrderBy(ClassOf)];
                for (int i = 0; i < sorted.Length; i++) characters[start + i] = sorted[i];
            }
            start = end;
        }
    }

    /// <summary>Joins each character to the last starter where they compose and nothing between blocks them.</summary>
    public static void Compose(List<FormedCharacter> characters)
    {
        int written = 0, starter = -1, previousClass = 0;
        for (int i = 0; i < characters.Count; i++)
        {
            FormedCharacter character = characters[i];
            int combiningClass = ClassOf(character);
            bool blocked = starter < written - 1 && (previousClass == 0 || previousClass >= combiningClass);
            if (starter >= 0 && !blocked)
            {
                FormedCharacter first = characters[starter];
                int composite = Hangul.Compose(first.CodePoint, character.CodePoint);
                if (composite < 0) composite = NfcTable.Instance.Composition(first.CodePoint, character.CodePoint);
                if (composite >= 0)
                {
                    characters[starter] = new(composite, first.Change + character.Change - 1);
                    continue;
                }
            }
            if (combiningClass == 0) starter = written;
            previousClass = combiningClass;
            characters[written++] = character;
        }
        characters.RemoveRange(written, characters.Count - written);
    }

    private static int ClassOf(FormedCharacter character) => (byte)NfcTable.Instance.Property(character.CodePoint);
}
