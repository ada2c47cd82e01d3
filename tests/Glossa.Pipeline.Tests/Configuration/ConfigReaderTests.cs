using CsCheck;
using Glossa.Pipeline.Configuration;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Configuration;

[TestFixture]
internal sealed class ConfigReaderTests
{
    [Test]
    public void Parse_OneKey_KeepsTheDefaultsOfOthers()
    {
        RunConfig config = ConfigReader.Parse("tokenizer:\n  vocabulary: 4_096\n");
        RunConfig expected = new() { Tokenizer = new TokenizerConfig { Vocabulary = 4096 }, Model = new ModelConfig { Preset = "nanochat" } };
        Assert.That(config, Is.EqualTo(expected));
    }

    [Test]
    public void Load_Embedded_IsTheDefaultConfiguration()
    {
        LoadedConfig loaded = ConfigReader.Load(null);
        Assert.That(loaded.Name, Is.EqualTo("default"));
        Assert.That(loaded.Config.Languages.Count, Is.EqualTo(48));
        Assert.That(loaded.Config.Corpus.Path, Is.EqualTo("udhr"));
    }

    [TestCase("tokenizr:\n  vocabulary: 300\n", "text:1:1: unknown key 'tokenizr'; did you mean 'tokenizer'?")]
    [TestCase("seed: 1\ntokenizer:\n  vocabulry: 300\n", "text:3:3: unknown key 'tokenizer.vocabulry'; did you mean 'vocabulary'?")]
    [TestCase("vocabulary: 300\n", "text:1:1: unknown key 'vocabulary'; did you mean 'tokenizer.vocabulary'?")]
    [TestCase("curriculum:\n  phases:\n    - name: a\n      tokns: 5\n", "text:4:7: unknown key 'curriculum.phases[0].tokns'; did you mean 'tokens'?")]
    [TestCase("export: {gates: {int9: 1}}", "text:1:18: unknown key 'export.gates.int9'; did you mean 'int4'?")]
    [TestCase("curriculum:\n  phases: [{name: a, tokens: 5, replay: 0.5}]\n", "text:2:12: 'curriculum.phases[0]' replays, and no phase is before it; remove replay and replayEnd")]
    [TestCase("curriculum:\n  phases: [{name: a, tokens: 5}, {name: b, tokens: 5, replay: 1}]\n", "text:2:34: 'curriculum.phases[1]' replays alone and never sees its own languages; lower replay or replayEnd")]
    [TestCase("seed: one\n", "text:1:7: 'seed' is 'one', expected a whole number of at least 0")]
    [TestCase("seed: 1.5\n", "text:1:7: 'seed' is '1.5', expected a whole number of at least 0")]
    [TestCase("seed: [1]\n", "text:1:7: 'seed' is a list, expected a whole number of at least 0")]
    [TestCase("tokenizer:\n  kind: wordpiece\n", "text:2:3: 'tokenizer.kind' wordpiece does not keep a text exactly, and bits per byte of a causal model are those of the exact text; use bytelevel-bpe or unigram")]
    [TestCase("tokenizer:\n  vocabulary: 12\n", "text:2:15: 'tokenizer.vocabulary' is '12', expected a whole number from 260 to 1000000")]
    [TestCase("optimizer: {clip: .nan}", "text:1:19: 'optimizer.clip' is '.nan', expected a number from 0 to 1000000")]
    [TestCase("optimizer: {betas: [0.9, 2]}", "text:1:26: 'optimizer.betas[1]' is '2', expected a number from 0 to 0.99999")]
    [TestCase("optimizer: {betas: [0.9]}", "text:1:13: 'optimizer.betas' has 1 numbers, expected two; write for example [0.9, 0.98]")]
    [TestCase("engine: {kind: ort-trainig}", "text:1:16: 'engine.kind' is 'ort-trainig', expected one of cpu, cuda, ort-training; did you mean 'ort-training'?")]
#if !ONNXRUNTIME_TRAINING
    [TestCase("engine: {kind: ort-training}", "text:1:10: 'engine.kind' ort-training needs an ONNX Runtime with the training API, which this build has not; build glossa with -p:OnnxRuntime=Training, or use cpu")]
#endif
#if !ONNXRUNTIME_GPU
    [TestCase("engine: {kind: cuda}", "text:1:10: 'engine.kind' cuda needs an ONNX Runtime with the CUDA provider, which this build has not; build glossa with -p:OnnxRuntime=Gpu")]
#endif
    [TestCase("engine: {precision: bf16}", "text:1:10: 'engine.precision' bf16 needs the engine cuda; use float32, or the engine cuda")]
    [TestCase("engine: {precision: fp8}", "text:1:21: 'engine.precision' is 'fp8', expected one of float32, tf32, bf16, fp16")]
    [TestCase("model: {tiedHead: yes}", "text:1:19: 'model.tiedHead' is 'yes', expected true or false")]
    [TestCase("model: 5", "text:1:8: 'model' is '5', expected a mapping with the keys preset")]
    [TestCase("seed: 1\nseed: 2\n", "text:2:1: the key 'seed' stands twice; remove one of the two")]
    [TestCase("model: {preset: a, graph: b}", "'model.preset' and 'model.graph' exclude each other")]
    [TestCase("model: {width: 100, heads: 3}", "text:1:21: 'model.heads' is 3, which does not divide 'model.width', 100")]
    [TestCase("curriculum: {phases: []}", "text:1:14: 'curriculum.phases' is empty")]
    [TestCase("curriculum: {phases: [{name: a}]}", "text:1:23: 'curriculum.phases[0]' has no budget; give it either tokens or epochs")]
    [TestCase("curriculum: {phases: [{name: a, tokens: 1, epochs: 1}]}", "'curriculum.phases[0]' has two budgets")]
    [TestCase("curriculum: {phases: [null]}", "'curriculum.phases[0]' is 'null', expected a mapping")]
    [TestCase("languages: {method: list}", "'languages.list' is empty")]
    [TestCase("export: {genai: fp16}", "text:1:10: 'export.genai' is fp16: genai/ cannot hold fp16; choose among fp32, int8, int4")]
    [TestCase("export: {genai: int8-static}", "text:1:10: 'export.genai' is int8-static: genai/ cannot hold int8-static; choose among fp32, int8, int4")]
    [TestCase("export: {genai: int8}\nmodel: {width: 96, heads: 4}", "text:1:10: 'export.genai' does not fit the model: its heads are 24 wide; onnxruntime-genai takes multiples of 16; train with a width of heads x 32")]
    [TestCase("export: {genai: int4}\nmodel: {graph: own.onnx}", "text:1:10: 'export.genai' needs a model with a key-value cache, which 'model.graph' has none of; train a preset, or remove export.genai")]
    [TestCase("export: {plan: search}", "text:1:10: 'export.plan' is search, and 'export.precisions' has no int4 to search for; add int4, or remove the plan")]
    [TestCase("export: {plan: search, precisions: [int4], gates: {int4: null}}", "text:1:10: 'export.plan' is search, and 'export.gates' has no int4 to stay within; add it, as in gates: {int4: 0.05}")]
    [TestCase("model: {preset: gpt2, width: 33, heads: 1}\nexport: {precisions: [int4]}", "text:1:23: 'model.width' is 33, an odd number, and int4 stores numbers in pairs; make it even, or leave int4 out")]
    [TestCase("export: {precisions: [int8, int8]}", "'int8' stands twice in 'export.precisions'")]
    [TestCase("distillation: {teachers: 2, from: [a]}", "'distillation.teachers' and 'distillation.from' exclude each other; train teachers or take them from runs")]
    [TestCase("distillation: {from: [a], dropout: 0.2}", "'distillation.dropout' is for teachers that the run trains, and 'distillation.from' brings trained ones; remove one of the two")]
    [TestCase("distillation: {from: [a], rounds: 2}", "'distillation.rounds' is for teachers that the run trains, and 'distillation.from' brings trained ones; remove one of the two")]
    [TestCase("distillation: {from: [a], phases: [{name: a, epochs: 1}]}", "'distillation.phases' is for teachers that the run trains, and 'distillation.from' brings trained ones; remove one of the two")]
    [TestCase("distillation: {from: [a, a]}", "'a' stands twice in 'distillation.from'")]
    [TestCase("distillation: {teachers: -1}", "'distillation.teachers' is '-1', expected a whole number from 0 to 64")]
    [TestCase("distillation: {teachers: 2, weight: 0}", "'distillation.weight' is '0', expected a number from 0.001 to 1")]
    [TestCase("distillation: {teachers: 2, phases: [{name: a}]}", "'distillation.phases[0]' has no budget; give it either tokens or epochs")]
    [TestCase("corpus: {path: ''}", "'corpus.path' is '', expected a text")]
    public void Parse_WrongSetting_NamesIt(string yaml, string message) =>
        Assert.That(() => ConfigReader.Parse(yaml), Throws.TypeOf<InputException>().With.Message.Contains(message));

    [TestCase("", "text: the configuration is empty")]
    [TestCase("# nothing\n", "text: the configuration is empty")]
    [TestCase("- a\n- b\n", "text:1:1: expected a mapping of keys to values, found a list")]
    [TestCase("just words", "text:1:1: expected a mapping of keys to values, found 'just words'")]
    [TestCase("a: &x [1]\nb: *x\n", "the alias '*x' is not supported")]
    [TestCase("seed: !!python/object:os.system 1", "is not supported; remove it")]
    [TestCase("seed: 1\n---\nseed: 2\n", "found a second YAML document")]
    [TestCase("seed: [1\n", "not valid YAML")]
    [TestCase("seed: \"open\n", "not valid YAML")]
    [TestCase("!!['", "text: not valid YAML")]
    [TestCase("{[a]: 1}", "expected a key, found a list")]
    [TestCase("seed: 1\u0000\n", "text: the configuration holds a zero byte")]
    public void Parse_HostileYaml_IsOneClearLine(string yaml, string message)
    {
        InputException error = Assert.Throws<InputException>(() => ConfigReader.Parse(yaml))!;
        Assert.That(error.Message, Does.Contain(message).And.Not.Contain("\n"));
    }

    [TestCase('[', ']')]
    [TestCase('{', '}')]
    public void Parse_DeepNesting_IsRefused(char open, char close)
    {
        string yaml = "seed: " + new string(open, 50_000) + new string(close, 50_000);
        Assert.That(() => ConfigReader.Parse(yaml), Throws.TypeOf<InputException>());
    }

    [Test]
    public void Parse_AnyText_NeverFailsOtherwise() => Gen.String[Gen.Char["aseed:12 -[]{}&*!|>'\"%@`,#?\n\t~\\"], 0, 40].Sample(yaml =>
    {
        try
        {
            ConfigReader.Parse(yaml);
        }
        catch (InputException)
        {
            // The one way to fail.
        }
    }, iter: 20_000);

    [Test]
    public void Load_Files_ReportsWhatIsWrong()
    {
        using TemporaryFolder folder = new();
        Assert.That(() => ConfigReader.Load(folder.At("none.yaml")), Throws.TypeOf<InputException>().With.Message.Contains("no such configuration"));
        Assert.That(() => ConfigReader.Load(folder.Path), Throws.TypeOf<InputException>().With.Message.Contains("found a folder"));
        File.WriteAllBytes(folder.At("bytes.yaml"), [0x73, 0xFF, 0xFE]);
        Assert.That(() => ConfigReader.Load(folder.At("bytes.yaml")), Throws.TypeOf<InputException>().With.Message.Contains("not valid UTF-8"));
        File.WriteAllBytes(folder.At("large.yaml"), new byte[2_000_000]);
        Assert.That(() => ConfigReader.Load(folder.At("large.yaml")), Throws.TypeOf<InputException>().With.Message.Contains("at most"));
    }

    [Test]
    public void Load_Base_LiesUnder()
    {
        using TemporaryFolder folder = new();
        folder.Write("a/base.yaml", "seed: 5\ncorpus: {path: text.csv}\nmodel: {preset: qwen3, width: 64}\nexport: {gates: {int8: 0.5}}\n");
        string path = folder.Write("b/own.yaml", "base: ../a/base.yaml\nmodel: {graph: net.onnx}\nexport: {gates: {int4: null}}\n");
        LoadedConfig loaded = ConfigReader.Load(path);
        Assert.That(loaded.Name, Is.EqualTo("own"));
        Assert.That(loaded.Config.Seed, Is.EqualTo(5));
        Assert.That(loaded.Config.Corpus.Path, Is.EqualTo(folder.At("a", "text.csv")), "relative to the file that says it");
        Assert.That(loaded.Config.Model, Is.EqualTo(new ModelConfig { Graph = folder.At("b", "net.onnx"), Width = 64 }));
        Assert.That(loaded.Config.Export.Gates, Is.EqualTo(new ValueMap<double>([new("int8", 0.5), new("int8-static", 0.01), new("fp16", 0.001)])));
    }

    [Test]
    public void Load_CircleOfBases_IsRefused()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("a.yaml", "base: b.yaml\n");
        folder.Write("b.yaml", "base: a.yaml\n");
        Assert.That(() => ConfigReader.Load(path), Throws.TypeOf<InputException>().With.Message.Contains("circle"));
    }

    [Test]
    public void Load_Overrides_LieOnTop()
    {
        string[] set = ["tokenizer.vocabulary=512", "curriculum.phases.1.epochs=2.5", "languages.list=[de, no]", "languages.method=list", "corpus.path=x.csv"];
        RunConfig config = ConfigReader.Load(null, set).Config;
        Assert.That(config.Tokenizer.Vocabulary, Is.EqualTo(512));
        Assert.That(config.Curriculum.Phases[1].Epochs, Is.EqualTo(2.5));
        Assert.That(config.Curriculum.Phases[1].Tokens, Is.Null, "tokens gave way to epochs");
        Assert.That(config.Languages.List, Is.EqualTo(new[] { "de", "no" }));
        Assert.That(config.Corpus.Path, Is.EqualTo(Path.GetFullPath("x.csv")));
    }

    [TestCase("seed", "expected key=value, found 'seed'")]
    [TestCase("=1", "expected key=value")]
    [TestCase("seeed=1", "--set seeed=1: unknown key 'seeed'; did you mean 'seed'?")]
    [TestCase("optimizer.lr.x=1", "unknown key 'optimizer.lr'")]
    [TestCase("seed.x=1", "'seed' is '1' and has no key 'x'")]
    [TestCase("seed=x", "--set seed=x: 'seed' is 'x', expected a whole number")]
    [TestCase("curriculum.phases.7.tokens=1", "'curriculum.phases' has 2 items and none is '7'")]
    [TestCase("base=x", "unknown key 'base'")]
    public void Load_WrongOverride_NamesIt(string set, string message) =>
        Assert.That(() => ConfigReader.Load(null, [set]), Throws.TypeOf<InputException>().With.Message.Contains(message));

    [Test]
    public void Write_AnyTexts_ReadBackEqual() => Gen.Select(Gen.String, Gen.Double[0, 1], Gen.Long[0, long.MaxValue]).Sample((text, number, seed) =>
    {
        // A lone surrogate has no UTF-8, and a blank name is refused.
        if (text.Any(char.IsSurrogate) || text.Trim().Length == 0) return;
        RunConfig config = ConfigReader.Parse("seed: 1");
        config = config with
        {
            Seed = seed,
            Tokenizer = config.Tokenizer with { SamplingExponent = number },
            Languages = config.Languages with { List = [.. new[] { text, "null", "~", "1", "a: b", "- x", "#" }.Distinct()] },
            Curriculum = new CurriculumConfig { Phases = [new PhaseConfig { Name = text, Epochs = 0.5 }] },
        };
        Assert.That(ConfigReader.Parse(ConfigWriter.Write(config)), Is.EqualTo(config), ConfigWriter.Write(config));
    }, iter: 500);
}
