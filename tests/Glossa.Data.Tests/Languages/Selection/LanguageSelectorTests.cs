using CsCheck;
using Glossa.Data.Languages;
using Glossa.Data.Languages.Selection;
using NUnit.Framework;

namespace Glossa.Data.Tests.Languages.Selection;

public sealed class LanguageSelectorTests
{
    // Germanic languages round Dutch, Slavic ones round Macedonian, and Korean alone.
    private static readonly LanguageTable Table = LanguageTable.From(
    [
        Info("de", "Latn", "ine>gem>gmw", 50, 10),
        Info("nl", "Latn", "ine>gem>gmw", 52, 6),
        Info("en", "Latn", "ine>gem>gmw", 52, -1),
        Info("sv", "Latn", "ine>gem>gmq", 58, 14),
        Info("bg", "Cyrl", "ine>sla>zls", 43, 25),
        Info("mk", "Cyrl", "ine>sla>zls", 42, 22),
        Info("sr", "Cyrl", "ine>sla>zls", 44, 20),
        Info("ko", "Kore", "", 37, 128),
    ]);

    private static readonly SimilarityOptions FeaturesOnly = new() { TextWeight = 0, GeographyScaleKilometres = 700 };

    [Test]
    public void Select_DiverseToyLanguages_TakesACentreOfEachGroup()
    {
        SelectionResult result = Select(SelectionMethod.Diverse, 3);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Tags, Is.EqualTo(new[] { "nl", "mk", "ko" }));
            Assert.That(result.Others.Select(other => (other.Tag, other.NearestTag)), Is.EqualTo(new[]
            {
                ("bg", "mk"), ("de", "nl"), ("en", "nl"), ("sr", "mk"), ("sv", "nl"),
            }));
            Assert.That(result.Picks[0].NewlyRepresentsCount, Is.EqualTo(7));
            Assert.That(result.Picks[1].NewlyRepresents.Select(relative => relative.Tag), Is.SubsetOf(new[] { "sr", "bg", "ko" }).And.SupersetOf(new[] { "sr", "bg" }));
            Assert.That(result.Picks[0].Reason, Does.Match(
                @"^nearest chosen relative for 3 languages: de 0\.\d\d, en 0\.\d\d, sv 0\.\d\d \(script Latn, family ine>gem>gmw\)$"));
            Assert.That(result.Picks[2].Reason, Does.Match(
                @"^stands for itself alone; the most alike of the other choices is (nl|mk) 0\.\d\d \(script Kore, family unknown\)$"));
        }
    }

    [Test]
    public void Select_AnyMethod_StatisticsAgreeWithEachOther([Values] SelectionMethod method)
    {
        SelectionResult result = Select(method, 3, ["sv", "BG", "ko"]);
        double others = result.Others.Sum(other => other.Similarity);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Picks, Has.Count.EqualTo(3));
            Assert.That(result.Others, Has.Count.EqualTo(5));
            Assert.That(result.Coverage, Is.EqualTo(3 + others).Within(1e-9));
            Assert.That(result.Picks.Sum(pick => pick.Gain), Is.EqualTo(result.Coverage).Within(1e-9));
            Assert.That(result.MeanCoverage, Is.EqualTo(result.Coverage / 8).Within(1e-12));
            Assert.That(result.MeanOthersCoverage, Is.EqualTo(others / 5).Within(1e-12));
            Assert.That(result.MinCoverage, Is.EqualTo(result.Others.Min(other => other.Similarity)));
            Assert.That(result.Picks.Sum(pick => pick.Represents.Count), Is.EqualTo(5));
        }
    }

    [Test]
    public void Select_PermutedCandidates_GivesTheSame([Values] SelectionMethod method)
    {
        LanguageCandidate[] candidates = Candidates();
        string expected = Describe(Select(method, 4, ["ko", "de"], candidates, seed: 5));
        Gen.Shuffle(candidates).Sample(shuffled => Describe(Select(method, 4, ["ko", "de"], shuffled, seed: 5)) == expected, iter: 50);
    }

    [Test]
    public void Select_Random_DependsOnTheSeed()
    {
        string[] choices = [.. Enumerable.Range(0, 20).Select(seed => string.Join(' ', Select(SelectionMethod.Random, 3, seed: (ulong)seed).Tags))];
        Assert.That(choices.Distinct().Count(), Is.GreaterThan(10));
        Assert.That(Select(SelectionMethod.Random, 3, seed: 1).Picks[0].Reason, Does.StartWith("drawn at random (seed 1); "));
    }

    [Test]
    public void Select_Largest_SortsByBytesThenTag()
    {
        LanguageCandidate[] candidates = [.. Candidates().Select(candidate => candidate with { TrainBytes = candidate.Tag is "sr" ? 9000 : candidate.Tag is "ko" ? 1 : 500 })];
        SelectionResult result = Select(SelectionMethod.Largest, 3, candidates: candidates);
        Assert.That(result.Tags, Is.EqualTo(new[] { "sr", "bg", "de" }));
        Assert.That(result.Picks[0].Reason, Does.StartWith("number 1 by training text (9,000 bytes); "));
    }

    [Test]
    public void Select_List_KeepsItsOrderAndTheCorpusSpelling() =>
        Assert.That(Select(SelectionMethod.List, 0, ["sv", " KO "]).Tags, Is.EqualTo(new[] { "sv", "ko" }));

    [Test]
    public void Select_AllLanguages_CoversAll()
    {
        SelectionResult result = Select(SelectionMethod.Diverse, 8);
        Assert.That((result.Coverage, result.MinCoverage, result.MeanOthersCoverage, result.Others.Count), Is.EqualTo((8.0, 1.0, 1.0, 0)));
    }

    [Test]
    public void Select_NoTable_ReadsScriptsOffTheText()
    {
        LanguageCandidate[] candidates =
        [
            LanguageCandidate.FromTexts("a", ["free and equal in dignity"]),
            LanguageCandidate.FromTexts("b", ["free and equal in dignity and rights"]),
            LanguageCandidate.FromTexts("c", ["свободни и равни по достойнство"]),
        ];
        SelectionResult result = LanguageSelector.Select(new SelectionRequest { Candidates = candidates, Count = 2 });
        Assert.That(result.Tags, Does.Contain("c"));
        Assert.That(result.Picks.Select(pick => pick.Script), Is.EquivalentTo(new[] { "Latn", "Cyrl" }));
        Assert.That(result.Others[0].Similarity, Is.GreaterThan(0.8));
    }

    [Test]
    public void Select_FamilyUnknown_IsNoReasonToBeChosen()
    {
        // Families of four and two; a language of unknown family in the same place must not pass for everybody's relative.
        LanguageInfo[] rows = [.. "abcdef".Select((c, i) => Info($"{c}", "Latn", $"f{i / 4}", 0, 0)), Info("Unknown", "Latn", "", 0, 0)];
        LanguageCandidate[] candidates = [.. rows.Select(row => LanguageCandidate.FromTexts(row.Tag, [""]))];
        SelectionResult result = LanguageSelector.Select(new SelectionRequest
        {
            Candidates = candidates,
            Table = LanguageTable.From(rows),
            Count = 2,
        });
        Assert.That(result.Tags, Is.EqualTo(new[] { "a", "e" }));
    }

    [TestCase(SelectionMethod.Diverse, 0, "languages.count is 0; give a number from 1 to 8")]
    [TestCase(SelectionMethod.Random, -1, "languages.count is -1")]
    [TestCase(SelectionMethod.Largest, 9, "languages.count is 9, but the corpus has 8 languages")]
    [TestCase(SelectionMethod.List, 1, "languages.list is empty")]
    [TestCase(SelectionMethod.List, 1, "languages.list names 'svv', which is not in the corpus; did you mean 'sv'?", "svv")]
    [TestCase(SelectionMethod.List, 1, "languages.list names 'SV' twice", "sv", "SV")]
    public void Select_BadRequest_SaysWhatToDo(SelectionMethod method, int count, string expected, params string[] list) =>
        Assert.That(() => Select(method, count, list), Throws.TypeOf<InputException>().With.Message.Contains(expected));

    [TestCase(-1, 700, "weights are 0.25, -1, 0.1, 0")]
    [TestCase(double.NaN, 700, "weights are")]
    [TestCase(1, 0, "geography scale is 0 km")]
    public void Select_BadOptions_SaysWhatToDo(double familyWeight, double scale, string expected)
    {
        SimilarityOptions options = FeaturesOnly with { FamilyWeight = familyWeight, GeographyScaleKilometres = scale };
        SelectionRequest request = new() { Candidates = Candidates(), Table = Table, Count = 2, Similarity = options };
        Assert.That(() => LanguageSelector.Select(request), Throws.TypeOf<InputException>().With.Message.Contains(expected));
    }

    private static LanguageInfo Info(string tag, string script, string path, double latitude, double longitude)
    {
        string[] groups = path.Split('>', StringSplitOptions.RemoveEmptyEntries);
        return new LanguageInfo(
            tag, tag, null, script, groups.FirstOrDefault(), groups, TextDirection.LeftToRight, latitude, longitude, null, null);
    }

    private static LanguageCandidate[] Candidates() =>
        [.. Table.Languages.Select(row => LanguageCandidate.FromTexts(row.Tag, ["free and equal"]))];

    private static SelectionResult Select(
        SelectionMethod method, int count, string[]? list = null, LanguageCandidate[]? candidates = null, ulong seed = 0) =>
        LanguageSelector.Select(new SelectionRequest
        {
            Candidates = candidates ?? Candidates(),
            Table = Table,
            Method = method,
            Count = count,
            List = list ?? [],
            Seed = seed,
            Similarity = FeaturesOnly,
        });

    private static string Describe(SelectionResult result) =>
        string.Join('\n', result.Picks.Select(pick => $"{pick.Tag} {pick.Gain:R} {pick.Reason}"))
        + string.Join('\n', result.Others) + $"{result.Coverage:R}";
}
