using System.CommandLine;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.OrtTraining;
using Glossa.Models.OrtTraining.Checkpoints;

namespace Glossa.Cli.Commands;

/// <summary><c>glossa artifacts</c>: what ONNX Runtime Training loads, from a forward graph.</summary>
internal static class ArtifactsCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> model = new("MODEL.onnx") { Description = "The forward graph, as its exporter left it" };
        Option<string> loss = LossOptions.Loss(required: true);
        Option<string> folder = new("--out") { HelpName = "DIR", Required = true, Description = "Folder for the four files" };
        OptimizerArguments optimizer = new();
        Option<string[]> freeze = LossOptions.Patterns("--freeze", "Parameters that are not trained; they stay in the checkpoint");
        Option<string[]> train = LossOptions.Patterns("--train", "Initializers that are parameters although the rule leaves them constant");
        Option<string[]> extra = new("--extra-output") { HelpName = "NAME", Description = "An output that training and evaluation give out after the loss; may be given several times", AllowMultipleArgumentsPerToken = true };
        Option<string?> output = LossOptions.Output();
        Option<bool> nominal = new("--nominal") { Description = "Writes nominal_checkpoint as well: the parameters' names without their values" };
        Option<bool> float32 = new("--float32") { Description = "Takes a graph whose weights are stored as float16, bfloat16 or float64, and trains it in float32" };
        Option<bool> json = CommandHost.JsonOption;
        Command command = new("artifacts", "Writes what ONNX Runtime Training needs to train an ONNX graph on phones, in browsers and on servers")
        {
            model, loss, folder, freeze, train, extra, output, nominal, float32, json, MergeCommand.Create(host),
        };
        foreach (Option option in optimizer.All) command.Add(option);
        host.Details[command] =
            """
            Writes training_model.onnx, eval_model.onnx, optimizer_model.onnx and checkpoint, which ONNX Runtime Training
            1.17 to 1.19 loads. What it would crash on, or train wrongly in silence, is refused here. After training,
            `glossa artifacts merge` writes the parameters of the saved checkpoint into MODEL.onnx.
            """;
        command.SetAction(result =>
        {
            ArtifactOptions options = new()
            {
                Loss = LossNames.Parse(result.GetValue(loss)!),
                Output = result.GetValue(output),
                Freeze = result.GetValue(freeze) ?? [],
                ExtraOutputs = result.GetValue(extra) ?? [],
                Optimizer = optimizer.Of(result),
                ConvertFloats = result.GetValue(float32),
            };
            ImportedModel imported = ModelImport.Read(result.GetValue(model)!, new ImportOptions { Train = result.GetValue(train) ?? [] });
            Artifacts artifacts = ArtifactBuilder.Build(imported, options);
            ArtifactFolder.Write(result.GetValue(folder)!, artifacts, result.GetValue(nominal));
            if (host.Json) WriteJson(host, artifacts);
            else WriteText(host.Output, artifacts, result.GetValue(folder)!);
            return 0;
        });
        return command;
    }

    private static void WriteText(TextWriter output, Artifacts artifacts, string folder)
    {
        foreach (string note in artifacts.Notes) output.WriteLine(note);
        static string Count(IReadOnlyList<OrtTensor> tensors) => $"{tensors.Count} ({tensors.Sum(tensor => tensor.Data.Length / sizeof(float)):N0} elements)";
        output.WriteLine($"{folder}: {Count(artifacts.Checkpoint.Trainable)} trained parameters, {Count(artifacts.Checkpoint.Frozen)} frozen, {artifacts.Training.Graph.Node.Count} nodes");
    }

    private static void WriteJson(CommandHost host, Artifacts artifacts) => host.WriteJson(json =>
    {
        void Names(string key, IEnumerable<string> names)
        {
            json.WriteStartArray(key);
            foreach (string name in names) json.WriteStringValue(name);
            json.WriteEndArray();
        }

        json.WriteStartObject();
        Names("inputs", artifacts.Training.Graph.Input.Select(input => input.Name));
        Names("outputs", artifacts.Training.Graph.Output.Select(output => output.Name));
        Names("trainable", artifacts.Checkpoint.Trainable.Select(tensor => tensor.Name));
        Names("frozen", artifacts.Checkpoint.Frozen.Select(tensor => tensor.Name));
        json.WriteNumber("nodes", artifacts.Training.Graph.Node.Count);
        Names("notes", artifacts.Notes);
        json.WriteEndObject();
    });

    /// <summary>The options that an optimizer is described with.</summary>
    private sealed class OptimizerArguments
    {
        private static readonly ArtifactOptimizer Default = new();

        private readonly Option<string> _kind = new("--optimizer") { HelpName = "NAME", Description = "adamw or sgd", DefaultValueFactory = _ => "adamw" };
        private readonly Option<int> _mode = new("--adam-mode") { HelpName = "N", Description = "0: AdamW as PyTorch has it; 1: as Hugging Face, which is what the official tool writes", DefaultValueFactory = _ => (int)Default.Mode };
        private readonly Option<float> _beta1 = Number("--beta1", "Decay of AdamW's first moment", Default.Beta1);
        private readonly Option<float> _beta2 = Number("--beta2", "Decay of its second moment", Default.Beta2);
        private readonly Option<float> _epsilon = Number("--epsilon", "What keeps its division finite", Default.Epsilon);
        private readonly Option<float> _decay = Number("--weight-decay", "Its decay of the weights per step, times the learning rate", Default.WeightDecay);
        private readonly Option<float?> _clip = new("--clip") { HelpName = "X", Description = "The largest norm over all gradients together; larger ones are scaled to it" };

        public IEnumerable<Option> All => [_kind, _mode, _beta1, _beta2, _epsilon, _decay, _clip];

        public ArtifactOptimizer Of(ParseResult result) => new()
        {
            Kind = result.GetValue(_kind) switch
            {
                "adamw" => ArtifactOptimizerKind.AdamW,
                "sgd" => ArtifactOptimizerKind.Sgd,
                var other => throw new InputException($"unknown optimizer '{other}'", fix: NearestName.Advice(other ?? "", ["adamw", "sgd"])),
            },
            Mode = result.GetValue(_mode) is (0 or 1) and var mode ? (AdamMode)mode : throw new InputException($"--adam-mode is {result.GetValue(_mode)}", fix: "it has to be 0 or 1"),
            Beta1 = result.GetValue(_beta1),
            Beta2 = result.GetValue(_beta2),
            Epsilon = result.GetValue(_epsilon),
            WeightDecay = result.GetValue(_decay),
            Clip = result.GetValue(_clip),
        };

        private static Option<float> Number(string name, string description, float value) => new(name) { HelpName = "X", Description = description, DefaultValueFactory = _ => value };
    }

    /// <summary><c>glossa artifacts merge</c>.</summary>
    private static class MergeCommand
    {
        public static Command Create(CommandHost host)
        {
            Argument<string> model = new("MODEL.onnx") { Description = "The forward graph that the artifacts were made from" };
            Argument<string> checkpoint = new("CHECKPOINT") { Description = "The checkpoint that the training session saved" };
            Option<string> path = new("--out") { HelpName = "FILE", Required = true, Description = "Where the trained graph is written" };
            Option<bool> json = CommandHost.JsonOption;
            Command command = new("merge", "Writes the parameters of a checkpoint back into the forward graph") { model, checkpoint, path, json };
            host.Details[command] = "The result has the graph's nodes, names and element types; weights that lie in several initializers are written to all of them.";
            command.SetAction(result =>
            {
                OrtCheckpoint state = OrtCheckpointFile.Read(result.GetValue(checkpoint)!);
                Glossa.Models.Export.OnnxFile.Write(result.GetValue(path)!, CheckpointMerge.Apply(ModelImport.ReadOriginal(result.GetValue(model)!), state));
                int count = state.Parameters.Count();
                if (host.Json)
                {
                    host.WriteJson(writer =>
                    {
                        writer.WriteStartObject();
                        writer.WriteString("model", result.GetValue(path));
                        writer.WriteNumber("parameters", count);
                        writer.WriteEndObject();
                    });
                }
                else
                {
                    host.Output.WriteLine($"{result.GetValue(path)}: {count} parameters from {result.GetValue(checkpoint)}");
                }
                return 0;
            });
            return command;
        }
    }
}
