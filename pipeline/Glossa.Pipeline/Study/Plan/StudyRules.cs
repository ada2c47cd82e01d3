using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Study.Plan;

/// <summary>What a study has to fulfil beside its keys' own types.</summary>
internal static class StudyRules
{
    private const string NameAdvice = "use letters, digits, '-', '_' and '.'";

    /// <summary>Checks a study.</summary>
    /// <exception cref="InputException">It has no arms or seeds, a name twice, a name that cannot be, or one in its report that nothing has.</exception>
    public static void Check(StudyFile file, IReadOnlyList<ArmVariant> arms, ConfigMapping tree, string path)
    {
        if (file.Name is string study && !IsName(study))
            throw Wrong(tree, path, "name", $"'{study}' is no name of a study", NameAdvice);
        if (arms.Count == 0) throw Wrong(tree, path, "arms", "the study has no arms", "name at least one, as in arms: [{name: joint, set: {curriculum.control: joint}}]");
        if (file.Seeds.Count == 0) throw Wrong(tree, path, "seeds", "the study has no seeds", "write for example seeds: [1, 2, 3]");
        foreach (ValueList<long> seeds in arms.Select(arm => arm.Entry.Seeds).Prepend(file.Seeds))
            if (Repeated(seeds) is long seed) throw Wrong(tree, path, "seeds", FormattableString.Invariant($"the seed {seed} stands twice"), "remove one");
        foreach (ArmVariant arm in arms)
        {
            if (!IsName(arm.Entry.Name))
                throw Wrong(tree, path, "arms", $"'{arm.Entry.Name}' is no name of an arm", NameAdvice);
            if (arm.Settings.FirstOrDefault(setting => setting.Key == "seed") is { } setting)
                throw new InputException($"arm '{arm.Name}' sets 'seed', which the study's seeds set", setting.Place.ToString(), "give the arm its own 'seeds'");
        }
        if (Repeated(arms.Select(arm => arm.Name)) is string twice) throw Wrong(tree, path, "arms", $"two arms are called '{twice}'", "give each its own name");
        CheckReport(file.Report, arms, tree, path);
    }

    /// <summary>An error in one of the study's keys, with the key's place.</summary>
    public static InputException Wrong(ConfigMapping tree, string path, string key, string what, string fix) =>
        new(what, tree.Entries.FirstOrDefault(entry => entry.Key == key)?.Place.ToString() ?? path, fix);

    private static void CheckReport(StudyReportPlan report, IReadOnlyList<ArmVariant> arms, ConfigMapping tree, string path)
    {
        string[] names = [.. arms.Select(arm => arm.Name)];
        string[] series = [.. arms.Select(arm => arm.Entry.Series).OfType<string>().Distinct()];
        foreach (string pattern in report.Comparisons.SelectMany(pair => new[] { pair.Arm, pair.Against }).Concat(report.EqualQuality.Select(aim => aim.Arm)).Concat(report.Curves))
        {
            if (!names.Any(name => NamePattern.Matches(pattern, name)))
                throw Wrong(tree, path, "report", $"the report names the arm '{pattern}', which the study has not", NearestName.Advice(pattern, names));
        }
        foreach (string name in report.EqualQuality.Select(aim => aim.Series))
        {
            int points = arms.Count(arm => arm.Entry.Series == name);
            if (points == 0) throw Wrong(tree, path, "report", $"the report names the series '{name}', which no arm is in", NearestName.Advice(name, series));
            if (points == 1) throw Wrong(tree, path, "report", $"the series '{name}' has one arm, and a curve needs two", "add an arm with other unique bytes");
        }
    }

    private static bool IsName(string name) => name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    private static object? Repeated<T>(IEnumerable<T> items)
        where T : notnull => items.GroupBy(item => item).FirstOrDefault(group => group.Count() > 1) is { } group ? group.Key : null;
}
