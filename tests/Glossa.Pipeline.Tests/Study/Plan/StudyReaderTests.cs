using Glossa.Pipeline.Configuration;
using Glossa.Pipeline.Staging;
using Glossa.Pipeline.Study.Cells;
using Glossa.Pipeline.Study.Plan;
using Glossa.Pipeline.Tests.Evaluate;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Study.Plan;

[TestFixture]
internal sealed class StudyReaderTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    private StudyPlan Load(string yaml, int? threads = null) => StudyReader.Load(_folder.Write("trial.yaml", yaml), threads);

    [Test]
    public void Load_Layers_LieOverOneAnother()
    {
        _folder.Write("base.yaml", "optimizer: {clip: 3, ema: 0.9, momentum: 0.8}\n");
        StudyPlan plan = Load("base: base.yaml\nset: {optimizer.ema: 0.5, optimizer: {momentum: 0.7}}\nseeds: [7]\narms: [{name: a, set: {optimizer.momentum: 0.6}}]\n", threads: 3);
        RunConfig config = plan.Cells.Single().Config;
        Assert.That((config.Optimizer.Clip, config.Optimizer.Ema, config.Optimizer.Momentum), Is.EqualTo((3, 0.5, 0.6)));
        Assert.That((config.Seed, config.Engine.Threads, plan.Name), Is.EqualTo((7L, 3, "trial")));
        Assert.That(plan.Base.Optimizer.Momentum, Is.EqualTo(0.7));
    }

    [Test]
    public void Load_MappingOfASection_IsLaidOverIt()
    {
        StudyPlan plan = Load("seeds: [1]\narms: [{name: a, set: {curriculum: {control: joint}}}]\n");
        Assert.That(plan.Cells.Single().Config.Curriculum, Is.EqualTo(ConfigReader.Load(null).Config.Curriculum with { Control = CurriculumControl.Joint }));
    }

    [Test]
    public void Load_Paths_StartAtTheStudysFolder()
    {
        StudyPlan plan = Load("set: {corpus.path: data/x.csv}\nresults: ../out/r.json\nseeds: [1]\narms: [{name: a}]\n");
        Assert.That(plan.Cells.Single().Config.Corpus.Path, Is.EqualTo(_folder.At("data", "x.csv")));
        Assert.That(plan.Results, Is.EqualTo(Path.GetFullPath(_folder.At("..", "out", "r.json"))));
    }

    [Test]
    public void Load_Seeds_AreTheOuterLoop()
    {
        StudyPlan plan = Load("seeds: [1, 2]\narms: [{name: a}, {name: b, seeds: [5, 6, 7]}]\n");
        Assert.That(plan.Cells.Select(cell => cell.Name), Is.EqualTo(new[] { "a/1", "b/5", "a/2", "b/6", "b/7" }));
    }

    [Test]
    public void Load_Grid_MakesEveryCombination()
    {
        StudyPlan plan = Load("""
            seeds: [1]
            arms:
              - name: g
                set: {optimizer.ema: 0.5}
                grid: {optimizer.muonLearningRate: [0.01, 0.02], curriculum.phases.0.tokens: [1_00, 200], curriculum.phases.1.tokens: [300]}
            """);
        Assert.That(plan.Arms.Select(arm => arm.Name), Is.EqualTo(new[]
        {
            "g,muonLearningRate=0.01,0.tokens=100,1.tokens=300", "g,muonLearningRate=0.01,0.tokens=200,1.tokens=300",
            "g,muonLearningRate=0.02,0.tokens=100,1.tokens=300", "g,muonLearningRate=0.02,0.tokens=200,1.tokens=300",
        }));
        RunConfig last = plan.Cells[^1].Config;
        Assert.That((last.Optimizer.MuonLearningRate, last.Curriculum.Phases[0].Tokens, last.Optimizer.Ema), Is.EqualTo((0.02, 200L, 0.5)));
        Assert.That(plan.Arms[0].Settings.Keys, Is.EqualTo(new[] { "curriculum.phases.0.tokens", "curriculum.phases.1.tokens", "optimizer.ema", "optimizer.muonLearningRate" }));
    }

    [Test]
    public void Load_ArmLikeAnother_LiesOverItsSettingsAlone()
    {
        StudyPlan plan = Load("""
            seeds: [1]
            arms:
              - {name: a, description: first, series: s, seeds: [5], set: {optimizer: {ema: 0.5, clip: 3}}, grid: {optimizer.clip: [7]}}
              - {name: b, like: a, set: {optimizer.clip: 4}}
              - {name: a, like: b, grid: {optimizer.momentum: [0.6, 0.7]}}
              - {name: d, like: a}
            """);
        Assert.That(
            plan.Cells.Select(cell => (cell.Name, cell.Config.Optimizer.Ema, cell.Config.Optimizer.Clip, cell.Config.Optimizer.Momentum)),
            Is.EqualTo(new[] { ("a,clip=7/5", 0.5, 7, 0.95), ("b/1", 0.5, 4, 0.95), ("a,momentum=0.6/1", 0.5, 4, 0.6), ("a,momentum=0.7/1", 0.5, 4, 0.7), ("d/1", 0.5, 3, 0.95) }));
        Assert.That(plan.Arms[1].Settings, Is.EqualTo(new Dictionary<string, string> { ["optimizer.clip"] = "4", ["optimizer.ema"] = "0.5" }));
        StudyPlan lists = Load("seeds: [1]\narms: [{name: a, set: {curriculum.phases.0.tokens: 7}}, {name: b, like: a, set: {curriculum.phases: [{name: c, tokens: 8}]}}]\n");
        Assert.That(lists.Arms[1].Settings, Is.EqualTo(new Dictionary<string, string> { ["curriculum.phases"] = "[{name: c, tokens: 8}]" }));
        Assert.That(plan.Arms.Skip(1).Select(arm => (arm.Description, arm.Series)), Is.All.EqualTo(((string?)null, (string?)null)));
    }

    [Test]
    public void Load_SeedInAValue_IsTheCells()
    {
        StudyPlan plan = Load("seeds: [3, 4]\narms: [{name: a, set: {corpus.path: \"runs/first-{seed}/x.csv\", languages: {list: [\"l{seed}\"]}}}]\n");
        Assert.That(plan.Cells.Select(cell => cell.Config.Corpus.Path), Is.EqualTo(new[] { _folder.At("runs", "first-3", "x.csv"), _folder.At("runs", "first-4", "x.csv") }));
        Assert.That(plan.Cells[1].Config.Languages.List, Is.EqualTo(new[] { "l4" }));
    }

    [Test]
    public void Document_EveryKey_IsExplained()
    {
        string document = File.ReadAllText(Path.Combine(TestModels.RepositoryRoot, "docs", "study.md"));
        string[] keys =
        [
            .. Keys(typeof(StudyFile)).Where(key => key is not ("arms" or "report")), .. Keys(typeof(ArmEntry)).Select(key => "arms[]." + key),
            .. Keys(typeof(StudyReportPlan)).Select(key => "report." + key), .. Keys(typeof(ComparisonPlan)), .. Keys(typeof(EqualQualityPlan)),
        ];
        Assert.That(keys.Where(key => !document.Contains($"`{key}`", StringComparison.Ordinal) && !document.Contains($"`{key}[]`", StringComparison.Ordinal)), Is.Empty);

        static IEnumerable<string> Keys(Type type) => ConfigSchema.Settings(type).Select(ConfigSchema.Key);
    }

    [Test]
    public void Load_ShippedStudies_AreSound([ValueSource(nameof(Shipped))] string name)
    {
        StudyPlan plan = StudyReader.Load(Path.Combine(ShippedFolder, name));
        Assert.That(plan.Cells, Is.Not.Empty);
        string corpus = plan.Base.Corpus.Path;
        if (corpus != CorpusConfig.Embedded) Assert.That(File.Exists(corpus), Is.True, corpus);
    }

    [Test]
    public void LittleText_Configuration_IsTheArmThatTheStudyMeasured()
    {
        RunConfig measured = StudyReader.Load(Path.Combine(ShippedFolder, "recipe.yaml")).Cells.Single(cell => cell.Name == "two-phase-3000/1").Config;
        RunConfig shipped = ConfigReader.Load(Path.Combine(ShippedFolder, "..", "little-text.yaml")).Config;
        // What each stage is told is the same, though one of the two may write out what the other leaves to follow.
        Assert.That(Told(shipped), Is.EqualTo(Told(measured)));

        static IEnumerable<string> Told(RunConfig config) => CellStages.Measured(null).Select(stage => $"{stage.Name}: {CanonicalJson.Of(stage.SelectSettings(CellStages.Settled(config)))}");
    }

    private static string ShippedFolder => Path.Combine(TestModels.RepositoryRoot, "pipeline", "configs", "studies");

    private static IEnumerable<string> Shipped => Directory.EnumerateFiles(ShippedFolder, "*.yaml").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);

    private const string Arm = "arms: [{name: a}]\n";

    [TestCase("seeds: [1]\n", "the study has no arms; name at least one")]
    [TestCase(Arm, "trial.yaml: the study has no seeds; write for example seeds: [1, 2, 3]")]
    [TestCase("seeds: []\n" + Arm, "trial.yaml:1:1: the study has no seeds")]
    [TestCase("seeds: [1, 1]\n" + Arm, "the seed 1 stands twice; remove one")]
    [TestCase("seeds: [x]\n" + Arm, "trial.yaml:1:9: 'seeds[0]' is 'x', expected a whole number")]
    [TestCase("seds: [1]\n" + Arm, "trial.yaml:1:1: unknown key 'seds'; did you mean 'seeds'?")]
    [TestCase("seeds: [1]\narms: [{name: a}, {name: a}]\n", "two arms are called 'a'; give each its own name")]
    [TestCase("seeds: [1]\narms: [{}]\n", "'' is no name of an arm")]
    [TestCase("seeds: [1]\narms: [{name: a/b}]\n", "'a/b' is no name of an arm; use letters, digits, '-', '_' and '.'")]
    [TestCase("name: a b\nseeds: [1]\n" + Arm, "'a b' is no name of a study")]
    [TestCase("seeds: [1]\narms: [{name: a, sett: {}}]\n", "trial.yaml:2:18: unknown key 'arms[0].sett'; did you mean 'set'?")]
    [TestCase("seeds: [1]\narms: [{name: a, set: {optimizer.clipp: 1}}]\n", "trial.yaml:2:24: unknown key 'optimizer.clipp'; did you mean 'clip'?")]
    [TestCase("seeds: [1]\narms: [{name: a, set: {optimizer.clip: x}}]\n", "trial.yaml:2:40: 'optimizer.clip' is 'x', expected a number")]
    [TestCase("seeds: [1]\narms: [{name: a, set: {optimizer..clip: 1}}]\n", "trial.yaml:2:24: 'optimizer..clip' is no key")]
    [TestCase("seeds: [1]\narms: [{name: a, set: {curriculum.phases.7.tokens: 1}}]\n", "'curriculum.phases' has 2 items and none is '7'")]
    [TestCase("seeds: [1]\narms: [{name: a, set: [x]}]\n", "'arms[0].set' is a list, expected a mapping of settings")]
    [TestCase("seeds: [1]\narms: [{name: a, set: {seed: 4}}]\n", "arm 'a' sets 'seed', which the study's seeds set; give the arm its own 'seeds'")]
    [TestCase("seeds: [1]\narms: [{name: a, grid: {optimizer.clip: 4}}]\n", "'optimizer.clip' of the grid is '4', expected a list of values")]
    [TestCase("seeds: [1]\narms: [{name: a}, {name: b, like: c}]\n", "trial.yaml:2:1: arm 'b' is like 'c', and no arm above it is called so; did you mean 'a'?")]
    [TestCase("seeds: [1]\narms: [{name: a, like: a}]\n", "arm 'a' is like 'a', and no arm above it is called so")]
    [TestCase("seeds: [1]\n" + Arm + "report: {comparisons: [{arm: a, against: b}]}\n", "trial.yaml:3:1: the report names the arm 'b', which the study has not; did you mean 'a'?")]
    [TestCase("seeds: [1]\n" + Arm + "report: {equalQuality: [{series: s, arm: a}]}\n", "the report names the series 's', which no arm is in")]
    [TestCase("seeds: [1]\narms: [{name: a, series: s}]\nreport: {equalQuality: [{series: s, arm: a}]}\n", "the series 's' has one arm, and a curve needs two")]
    [TestCase("seeds: [1]\n" + Arm + "report: {curve: [a]}\n", "unknown key 'report.curve'; did you mean 'curves'?")]
    [TestCase("base: nowhere.yaml\nseeds: [1]\n" + Arm, "nowhere.yaml: no such configuration")]
    public void Load_WrongStudy_SaysSoInOneLine(string yaml, string message)
    {
        InputException failure = Assert.Throws<InputException>(() => Load(yaml))!;
        Assert.That(failure.Message, Does.Contain(message).And.Not.Contain("\n"));
    }
}
