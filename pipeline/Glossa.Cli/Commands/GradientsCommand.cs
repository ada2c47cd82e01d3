using System.CommandLine;
using Glossa.Models.Export;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Steps;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa gradients</c>: the training step of a forward graph as an ordinary ONNX file.</summary>
internal static class GradientsCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> model = new("MODEL.onnx") { Description = "The forward graph, as its exporter left it" };
        Option<string> loss = LossOptions.Loss(required: true);
        Option<string> path = new("--out") { HelpName = "FILE", Required = true, Description = "Where the step is written" };
        Option<bool> accumulate = new("--accumulate") { Description = "Adds acc.* inputs, to which the gradients are added" };
        Option<bool> weighted = new("--weighted") { Description = "Adds the input loss_weight, which takes the place of 1 / (number of labels)" };
        Option<bool> fused = new("--fused") { Description = "Uses ONNX Runtime's own operators too, which are faster; without it the step is ai.onnx alone" };
        Option<string[]> freeze = LossOptions.Patterns("--freeze", "Initializers that stay as they are");
        Option<string[]> train = LossOptions.Patterns("--train", "Initializers that are trained although the rule leaves them constant");
        Option<string?> output = LossOptions.Output();
        Option<bool> json = CommandHost.JsonOption;
        Command command = new("gradients", "Writes the training step of an ONNX graph: loss and gradients as ordinary nodes")
        {
            model, loss, path, accumulate, weighted, fused, freeze, train, output, json,
        };
        host.Details[command] =
            """
            The step's inputs are the graph's, then labels (or target), then every trained parameter under its initializer's
            name; its outputs are loss, then grad.<initializer>. A parameter that lies in several initializers stands once,
            under its first name; the metadata key tied.<name> lists the others. Axes stay dynamic.
            """;
        command.SetAction(result =>
        {
            LossKind kind = LossNames.Parse(result.GetValue(loss)!);
            ImportedModel imported = ModelImport.Read(result.GetValue(model)!, new ImportOptions { Freeze = result.GetValue(freeze) ?? [], Train = result.GetValue(train) ?? [] });
            StepModel step = TrainingStep.Build(imported, new StepOptions
            {
                Loss = kind,
                Output = result.GetValue(output),
                Accumulate = result.GetValue(accumulate),
                WeightedLoss = result.GetValue(weighted),
                FusedOperators = result.GetValue(fused),
            });
            OnnxFile.Write(result.GetValue(path)!, step.Model);
            if (host.Json) WriteJson(host, imported, step);
            else WriteText(host.Output, imported, step, result.GetValue(path)!);
            return 0;
        });
        return command;
    }

    private static void WriteText(TextWriter output, ImportedModel imported, StepModel step, string path)
    {
        foreach (string note in imported.Notes) output.WriteLine(note);
        output.WriteLine($"{path}: {step.Parameters.Count} parameters with {Elements(step):N0} elements, {step.Model.Graph.Node.Count} nodes");
    }

    private static long Elements(StepModel step) => step.Parameters.Sum(parameter => parameter.Shape.Aggregate(1L, (a, b) => a * b));

    private static void WriteJson(CommandHost host, ImportedModel imported, StepModel step) => host.WriteJson(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("inputs");
        foreach (string name in step.Model.Graph.Input.Select(input => input.Name)) json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteStartArray("parameters");
        foreach ((string name, long[] shape) in step.Parameters)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteStartArray("shape");
            foreach (long dimension in shape) json.WriteNumberValue(dimension);
            json.WriteEndArray();
            json.WriteStartArray("twins");
            foreach (ParameterTwin twin in imported.Parameters.First(parameter => parameter.Name == name).Twins) json.WriteStringValue(twin.Name);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("nodes", step.Model.Graph.Node.Count);
        json.WriteStartArray("notes");
        foreach (string note in imported.Notes) json.WriteStringValue(note);
        json.WriteEndArray();
        json.WriteEndObject();
    });
}
