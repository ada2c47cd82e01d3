using System.CommandLine;
using System.Globalization;
using Glossa.Models.Optimization;
using Glossa.Models.Quantization;
using Glossa.Pipeline.Export;
using Glossa.Pipeline.Optimize;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa optimize</c>: fewer and larger operators, smaller numbers, on any ONNX transformer.</summary>
internal static class OptimizeCommand
{
    private static readonly (string Name, AttentionOperator Operator)[] Attentions =
        [("multi-head", AttentionOperator.MultiHead), ("group-query", AttentionOperator.GroupQuery), ("standard", AttentionOperator.Standard)];

    public static Command Create(CommandHost host)
    {
        Argument<string> model = new("MODEL") { Description = "A model file, or a model folder, whose configuration and tokenizer are copied along" };
        Option<string> folder = new("--out") { HelpName = "DIR", Required = true, Description = "Folder for the results" };
        Option<string[]> precisions = new("--precision") { HelpName = "NAME", Description = "fp32 (default), fp16, int8, int8-static (needs --calibration), int4; several by commas", AllowMultipleArgumentsPerToken = true };
        Option<string?> passes = new("--passes") { HelpName = "NAMES", Description = "Only these passes and those they need, by commas; `none` for none, `default` for those that run without the option" };
        Option<string> attention = new("--attention") { HelpName = "NAME", Description = "multi-head, group-query (where keys come from a cache) or standard (ai.onnx Attention)", DefaultValueFactory = _ => "multi-head" };
        Option<double?> tolerance = new("--tolerance") { HelpName = "X", Description = "How far outputs may be from the original's, relative to their size; the default depends on the precision" };
        Option<string?> calibration = new("--calibration") { HelpName = "FILE", Description = "Texts like those that the model is for, one a line: int8 and int4 lose much less with them" };
        Option<double?> target = new("--target-loss") { HelpName = "X", Description = "int4: the smallest file whose outputs are off by at most X; costly weights become int8 or stay float32" };
        Option<string?> genai = new("--genai") { HelpName = "NAME", Arity = ArgumentArity.ZeroOrOne, Description = "Writes a folder genai/ for onnxruntime-genai as well, in fp32 (default), int8 or int4" };
        Option<bool> all = new("--all") { Description = "Optimizes every model folder inside MODEL, each into a folder of its name" };
        Option<string?> markdown = new("--markdown") { HelpName = "FILE", Description = "Writes a table of node counts and differences there as well" };
        Option<bool> json = CommandHost.JsonOption;
        Command command = new("optimize", "Rewrites an ONNX transformer into fewer, larger operators and smaller number formats") { model, folder, precisions, passes, attention, tolerance, calibration, target, genai, all, markdown, json };
        host.Details[command] =
            $"""
            Each result is opened by ONNX Runtime and compared with the original on drawn inputs before it is written.
            A folder's results stand in onnx/ under the names that transformers.js looks for (model.onnx, model_fp16.onnx,
            model_quantized.onnx, model_int8.onnx for int8-static, model_q4.onnx), a file's side by side in DIR. The passes, in their order:

            {string.Join("\n", OptimizationPasses.Descriptions.Select(pass => $"  {pass.Name,-13} {pass.Description}{(pass.IsOptional ? " (only where it is named)" : "")}"))}
            """;
        command.SetAction(result =>
        {
            ExportPrecision[] wanted = [.. Split(result.GetValue(precisions) ?? []).Select(ExportPrecisions.Parse).DefaultIfEmpty(ExportPrecision.Fp32)];
            OptimizeOptions options = new()
            {
                Model = result.GetValue(model)!,
                Out = result.GetValue(folder)!,
                Precisions = wanted,
                Passes = new OptimizationOptions { Passes = Passes(result.GetValue(passes)), Attention = Attention(result.GetValue(attention)!) },
                Calibration = result.GetValue(calibration),
                TargetLoss = NotNegative("--target-loss", result.GetValue(target)),
                GenAi = result.GetResult(genai) is null ? null : ExportPrecisions.Parse(result.GetValue(genai) ?? "fp32"),
                Limits = result.GetValue(tolerance) is { } limit ? Limits(wanted, limit) : OptimizeOptions.DefaultLimits,
            };
            CancellationToken cancellation = host.ListenToSignals();
            IReadOnlyList<(string Name, OptimizeResult Result)> results = result.GetValue(all)
                ? OptimizeSet.Run(options, cancellation)
                : [(Path.GetFileName(Path.GetFullPath(options.Model)), OptimizeJob.Run(options, cancellation))];
            if (result.GetValue(markdown) is { } table) OptimizationTable.WriteMarkdown(table, results);
            if (host.Json) WriteJson(host, results, single: !result.GetValue(all));
            else WriteText(host.Output, results);
            return 0;
        });
        return command;
    }

    private static string[] Split(IEnumerable<string> values) => [.. values.SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct()];

    private static string[]? Passes(string? names) => names is null ? null : names == "none" ? [] : Split([names]);

    private static AttentionOperator Attention(string name)
    {
        foreach ((string known, AttentionOperator value) in Attentions)
            if (known == name) return value;
        throw new InputException($"unknown attention '{name}'", fix: NearestName.Advice(name, [.. Attentions.Select(a => a.Name)]));
    }

    private static Dictionary<ExportPrecision, double> Limits(ExportPrecision[] precisions, double limit)
    {
        NotNegative("--tolerance", limit);
        return precisions.Distinct().ToDictionary(precision => precision, _ => limit);
    }

    private static double? NotNegative(string option, double? value) => value is null or >= 0 ? value
        : throw new InputException(string.Create(CultureInfo.InvariantCulture, $"{option} is {value}"), fix: "it has to be 0 or more");

    private static void WriteText(TextWriter output, IReadOnlyList<(string Name, OptimizeResult Result)> results)
    {
        foreach ((string name, OptimizeResult result) in results)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {result.Optimization.NodesBefore} nodes became {result.Optimization.NodesAfter}"));
            foreach (string note in result.Optimization.Notes) output.WriteLine("  " + note);
            string[] found = [.. result.Optimization.Passes.Where(pass => pass.Rewritten > 0).Select(pass => $"{pass.Name} {pass.Rewritten}")];
            if (found.Length > 0) output.WriteLine("  " + string.Join(", ", found));
            foreach (OptimizedFile file in result.Files)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {file.Path}: {file.Bytes:N0} bytes, off by {file.Difference:0.0E+0} in '{file.WorstOutput}'"));
                if (file.Plan is { } plan) output.WriteLine("    " + Describe(plan));
                if (file.KeptFloat.Count > 0) output.WriteLine($"    float32 for their range: {string.Join(", ", file.KeptFloat.Take(5))}{(file.KeptFloat.Count > 5 ? ", ..." : "")}");
            }
        }
    }

    private static string Describe(PlannedPrecision plan)
    {
        IEnumerable<string> kinds = plan.Weights.GroupBy(w => w.Format.Format).OrderBy(group => group.Key)
            .Select(group => $"{group.Count()} of {plan.Weights.Count} weights {Name(group.Key)}" + (group.Key == WeightFormat.Block4 ? "" : $" ({string.Join(", ", group.Take(4).Select(w => w.Weight))}{(group.Count() > 4 ? ", ..." : "")})"));
        return string.Create(CultureInfo.InvariantCulture, $"loss {plan.Loss:0.0E+0} after {plan.Measured} measurements: {string.Join("; ", kinds)}");
    }

    private static string Name(WeightFormat format) => format switch { WeightFormat.Block4 => "int4", WeightFormat.DynamicInt8 => "int8", _ => "float32" };

    private static void WriteJson(CommandHost host, IReadOnlyList<(string Name, OptimizeResult Result)> results, bool single) => host.WriteJson(json =>
    {
        if (!single) json.WriteStartArray();
        foreach ((string name, OptimizeResult result) in results)
        {
            json.WriteStartObject();
            json.WriteString("model", name);
            json.WriteNumber("nodesBefore", result.Optimization.NodesBefore);
            json.WriteNumber("nodesAfter", result.Optimization.NodesAfter);
            json.WriteStartObject("passes");
            foreach (PassCount pass in result.Optimization.Passes) json.WriteNumber(pass.Name, pass.Rewritten);
            json.WriteEndObject();
            json.WriteStartArray("files");
            foreach (OptimizedFile file in result.Files)
            {
                json.WriteStartObject();
                json.WriteString("precision", file.Precision.Name());
                json.WriteString("file", file.Path);
                json.WriteNumber("bytes", file.Bytes);
                json.WriteNumber("nodes", file.Nodes);
                json.WriteNumber("difference", file.Difference);
                json.WriteString("worstOutput", file.WorstOutput);
                if (file.Plan is { } plan)
                {
                    json.WriteNumber("loss", plan.Loss);
                    json.WriteStartObject("plan");
                    foreach (PlannedWeight weight in plan.Weights) json.WriteString(weight.Weight, Name(weight.Format.Format));
                    json.WriteEndObject();
                }
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        if (!single) json.WriteEndArray();
    });
}
