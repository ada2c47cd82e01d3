using System.Text.Json;
using NUnit.Framework;

namespace Glossa.Cli.Tests;

[TestFixture]
internal sealed class CommandLineTests
{
    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = CommandLine.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    [TestCase("run")]
    [TestCase("evaluate")]
    [TestCase("generate")]
    [TestCase("languages")]
    [TestCase("finetune")]
    [TestCase("delta")]
    [TestCase("gradients")]
    [TestCase("artifacts")]
    [TestCase("optimize")]
    [TestCase("verify")]
    [TestCase("study")]
    public void Help_OfTheWhole_NamesEveryCommandInOneLine(string command)
    {
        (int code, string output, _) = Run("--help");
        Assert.That(code, Is.Zero);
        Assert.That(output.Split('\n'), Has.Exactly(1).StartWith($"  {command} "));
    }
    [TestCase("publish")]
    public void Help_OfTheWhole_NamesNoCommandThatDoesNotExist(string command) => Assert.That(Run("--help").Output, Does.Not.Contain(command));

    [Test]
    public void Help_OfACommand_ExplainsItsOptions()
    {
        (int code, string output, _) = Run("run", "--help");
        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("--set <key=value>").And.Contain("--until <STAGE>").And.Contain("Ctrl-C"));
    }

    [Test]
    public void Run_NoArguments_ShowsHelpAndFails()
    {
        (int code, string output, _) = Run();
        Assert.That(code, Is.EqualTo(2));
        Assert.That(output, Does.Contain("[command] [options]"));
    }

    [TestCase("unknown command 'rnu'; did you mean 'run'? (see 'glossa --help')", "rnu")]
    [TestCase("'glossa languages' needs a command: select; see 'glossa languages --help'", "languages")]
    [TestCase("unknown option '--ot'; did you mean '--out'? (see 'glossa run --help')", "run", "--ot", "x")]
    [TestCase("unknown option '--fersh'; did you mean '--fresh'? (see 'glossa run --help')", "run", "--fersh")]
    [TestCase("unknown argument 'b'; see 'glossa run --help'", "run", "a", "b")]
    [TestCase("option '--corpus' is required; see 'glossa evaluate --help'", "evaluate", "folder")]
    [TestCase("cannot parse argument 'abc' for option '--max-tokens' as a whole number; see 'glossa generate --help'", "generate", "m", "p", "--max-tokens", "abc")]
    [TestCase("nowhere.yaml: no such configuration; check the path", "run", "nowhere.yaml")]
    [TestCase("--set seeed=1: unknown key 'seeed'; did you mean 'seed'?", "run", "--set", "seeed=1")]
    [TestCase("--until: no stage is called 'trian'; did you mean 'train'?", "run", "--until", "trian", "--out", "/nowhere-at-all/x")]
    [TestCase("nowhere: no such model folder; check the path", "generate", "nowhere", "p")]
    [TestCase("--split: unknown split 'tset'; did you mean 'test'?", "evaluate", "nowhere", "--corpus", "udhr", "--split", "tset")]
    [TestCase("top-p is 2, expected a number above 0, at most 1", "generate", "nowhere", "p", "--top-p", "2")]
    public void Run_WrongUsage_IsOneLineAndExitCode2(string message, params string[] args)
    {
        (int code, string output, string error) = Run(args);
        Assert.That(error, Is.EqualTo($"glossa: error: {message}\n"));
        Assert.That(code, Is.EqualTo(2));
        Assert.That(output, Is.Empty);
    }

    [Test]
    public void Run_WrongUsageWithJson_IsJson()
    {
        (int code, string output, string error) = Run("evaluate", "folder", "--json");
        using JsonDocument document = JsonDocument.Parse(output);
        Assert.That(document.RootElement.GetProperty("error").GetProperty("exitCode").GetInt32(), Is.EqualTo(2));
        Assert.That(document.RootElement.GetProperty("error").GetProperty("message").GetString(), Does.Contain("'--corpus' is required"));
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Is.Empty);
    }

    [Test]
    public void Fail_EachKind_HasItsExitCode()
    {
        Assert.That(Fail(new InputException("bad row", "x.csv:3", "quote it")), Is.EqualTo((2, "glossa: error: x.csv:3: bad row; quote it\n")));
        Assert.That(Fail(new AggregateException(new WorkException("the loss is not a number"))), Is.EqualTo((1, "glossa: error: the loss is not a number\n")));
        Assert.That(Fail(new OperationCanceledException()).Code, Is.EqualTo(130));
        Assert.That(Fail(new OperationCanceledException()).Error, Does.StartWith("glossa: stopped").And.Contain("same command"));
        Assert.That(Fail(new IOException("No space left on device")).Error, Does.Contain("the disk is full"));
        (int code, string error) = Fail(new InvalidOperationException("two\nlines"));
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.StartWith("glossa: error: internal error: InvalidOperationException: two lines").And.Not.Contain("   at "));
    }

    private static (int Code, string Error) Fail(Exception failure)
    {
        using StringWriter error = new();
        using CommandHost host = new(TextWriter.Null, error);
        return (host.Fail(failure), error.ToString());
    }
}
