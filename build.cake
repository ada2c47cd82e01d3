// dotnet tool restore && dotnet cake --target=Nightly
//
// Build, Test, Train, Export, Nightly, Bench, Pack. What a target decides lives in the glossa command; this script only
// puts its commands in order.

var target = Argument("target", "Test");
var configuration = Argument("configuration", "Release");
var config = Argument("config", "pipeline/configs/default.yaml");
var runs = Argument("runs", "runs");
var gate = Argument("gate", "0.01");
var set = Arguments<string>("set", new List<string>());

var glossa = MakeAbsolute(File($"pipeline/Glossa.Cli/bin/{configuration}/net10.0/glossa.dll"));

// Runs the command; its exit code, so that a target can say what a failure means.
int Glossa(ProcessArgumentBuilder arguments) =>
    StartProcess("dotnet", new ProcessSettings { Arguments = new ProcessArgumentBuilder().AppendQuoted(glossa.FullPath).Append(arguments.Render()) });

void RequireSuccess(int exitCode, string what)
{
    if (exitCode != 0) throw new CakeException(exitCode, $"{what} ended with exit code {exitCode}.");
}

ProcessArgumentBuilder RunArguments(string file, string folder)
{
    var arguments = new ProcessArgumentBuilder().Append("run").AppendQuoted(file).Append("--out").AppendQuoted(folder).Append("--store").AppendQuoted($"{runs}/.store");
    foreach (var pair in set) arguments.Append("--set").AppendQuoted(pair);
    return arguments;
}

string FolderOf(string file) => $"{runs}/{System.IO.Path.GetFileNameWithoutExtension(file)}";

Task("Build")
    .Does(() => DotNetBuild("Pipeline.sln", new DotNetBuildSettings { Configuration = configuration, Verbosity = DotNetVerbosity.Minimal }));

Task("Test")
    .IsDependentOn("Build")
    .Does(() => DotNetTest("Pipeline.sln", new DotNetTestSettings { Configuration = configuration, NoBuild = true }));

Task("Train")
    .Description("Runs the stages up to the trained weights: --config=FILE, --set=key=value.")
    .IsDependentOn("Build")
    .Does(() => RequireSuccess(Glossa(RunArguments(config, FolderOf(config)).Append("--until train")), "Training"));

Task("Export")
    .Description("Runs all stages; those that Train did are reused.")
    .IsDependentOn("Build")
    .Does(() => RequireSuccess(Glossa(RunArguments(config, FolderOf(config))), "The run"));

Task("Nightly")
    .Description("Runs the nightly configuration and compares its report with the last night's: fails past --gate.")
    .IsDependentOn("Build")
    .Does(() =>
{
    var folder = $"{runs}/nightly";
    var kept = $"{runs}/nightly-last.json";
    RequireSuccess(Glossa(RunArguments("pipeline/configs/nightly.yaml", folder)), "The nightly run");
    var report = $"{folder}/report.json";
    if (!FileExists(kept))
    {
        Information("No report of an earlier night: this one becomes the measure of the next.");
    }
    else
    {
        var compare = new ProcessArgumentBuilder().Append("compare").AppendQuoted(kept).AppendQuoted(report)
            .Append("--gate").AppendQuoted(gate).Append("--out").AppendQuoted(folder);
        RequireSuccess(Glossa(compare), "The comparison with the last night");
    }
    // A night that fails does not become the measure: the next one is held against the last good night.
    CopyFile(report, kept + ".partial");
    System.IO.File.Move(kept + ".partial", kept, overwrite: true);
});

Task("Bench")
    .Description("Runs the benchmarks and writes their figures into docs/performance.md; --filter=NAME,NAME chooses among them.")
    .IsDependentOn("Build")
    .Does(() =>
{
    var arguments = new ProcessArgumentBuilder().Append("--filter").AppendQuoted(Argument("filter", "peer,gemm,growth,optimizer,stages,run-memory")).Append("write=docs/performance.md");
    // An exported encoder is too large to come with the repository.
    var exported = Argument("minilm", "../shared/fixtures/minilm-full/onnx/model.onnx");
    if (FileExists(exported)) arguments.AppendQuoted($"minilm={exported}");
    DotNetRun("tools/Glossa.Benchmarks/Glossa.Benchmarks.csproj", arguments, new DotNetRunSettings { Configuration = configuration, NoBuild = true });
});

Task("Pack")
    .Description("Packs the libraries and the command as NuGet packages into artifacts/.")
    .IsDependentOn("Build")
    .Does(() => DotNetPack("Pipeline.sln", new DotNetPackSettings { Configuration = configuration, NoBuild = true, OutputDirectory = "artifacts" }));

RunTarget(target);
