using Glossa.Models.Import;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining;
using Glossa.Models.OrtTraining.Checkpoints;
using Glossa.Models.Steps;
using Glossa.Models.Tests.Quantization;
using Microsoft.ML.OnnxRuntime;
using NUnit.Framework;
using DataType = Glossa.Models.Onnx.TensorProto.Types.DataType;

namespace Glossa.Models.Tests.OrtTraining;

/// <summary>Without its accumulators a training model is plain ONNX: its loss and gradients in the ordinary runtime.</summary>
[TestFixture]
internal sealed class TrainingModelTests
{
    [TestCase("mlp-adamw")]
    [TestCase("gpt-frozen")]
    public void Training_WithoutAccumulators_GivesTheStepsGradientsAndTheEvaluationsLoss(string name)
    {
        OfficialArtifacts official = OfficialArtifacts.Open(name);
        Artifacts artifacts = official.Made();
        ModelProto training = WithoutAccumulators(artifacts.Training, artifacts.Checkpoint.Trainable);
        Dictionary<string, OrtValue> feeds = Feeds(training.Graph, artifacts.Checkpoint);
        StepModel step = TrainingStep.Build(ModelImport.Read(official.Forward, new ImportOptions()), new StepOptions { Loss = official.Options.Loss, IsFrozen = official.Options.Freeze.Contains });
        string[] gradients = [.. step.Parameters.Select(parameter => parameter.Name)];
        Assert.That(artifacts.Checkpoint.Trainable.Select(tensor => tensor.Name), Is.EqualTo(gradients));

        float[][] made = Run(training, feeds, [training.Graph.Output[0].Name, .. gradients.Select(ArtifactNames.Gradient)]);
        float[][] expected = Run(step.Model, feeds, [StepModel.Loss, .. gradients.Select(StepModel.Gradient)]);
        for (int i = 0; i < made.Length; i++)
            Assert.That(made[i], Is.EqualTo(expected[i]).Within(1e-6 * expected[i].Max(value => Math.Abs(value))), i == 0 ? "loss" : gradients[i - 1]);
        float[] evaluated = Run(artifacts.Evaluation, feeds, [artifacts.Evaluation.Graph.Output[0].Name])[0];
        Assert.That(evaluated[0], Is.EqualTo(expected[0][0]).Within(1e-5));
        foreach (OrtValue value in feeds.Values) value.Dispose();
    }

    private static ModelProto WithoutAccumulators(ModelProto model, IReadOnlyList<OrtTensor> trained)
    {
        ModelProto plain = model.Clone();
        foreach (NodeProto node in plain.Graph.Node.Where(node => node.OpType == "InPlaceAccumulatorV2").ToArray()) plain.Graph.Node.Remove(node);
        foreach (ValueInfoProto input in plain.Graph.Input.Where(input => ArtifactNames.IsReserved(input.Name)).ToArray()) plain.Graph.Input.Remove(input);
        foreach (ValueInfoProto output in plain.Graph.Output.Where(output => ArtifactNames.IsReserved(output.Name)).ToArray()) plain.Graph.Output.Remove(output);
        foreach (OrtTensor tensor in trained) plain.Graph.Output.Add(OnnxFactory.ValueInfo(ArtifactNames.Gradient(tensor.Name), DataType.Float));
        foreach (ValueInfoProto output in plain.Graph.Output) output.Type.TensorType.Shape = null;
        return plain;
    }

    private static Dictionary<string, OrtValue> Feeds(GraphProto graph, OrtCheckpoint checkpoint)
    {
        Dictionary<string, OrtValue> feeds = checkpoint.Parameters.ToDictionary(tensor => tensor.Name, tensor => Runtime.Of(tensor.Floats(), [.. tensor.Shape]));
        bool tokens = graph.Input.Any(input => input.Name == "input_ids");
        if (tokens) feeds["input_ids"] = Runtime.Of<long>([1, 2, 3, 4, 5, 6, 7, 8], 2, 4);
        else feeds["input"] = Runtime.Of(Runtime.Normal(80, 5), 8, 10);
        feeds["labels"] = Runtime.Of<long>([1, 2, 3, StepModel.IgnoredLabel, 0, 1, 2, 3], 8);
        return feeds;
    }

    private static float[][] Run(ModelProto model, Dictionary<string, OrtValue> feeds, string[] outputs)
    {
        using InferenceSession session = Runtime.Open(model);
        using RunOptions run = new();
        Dictionary<string, OrtValue> taken = feeds.Where(feed => session.InputNames.Contains(feed.Key)).ToDictionary();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, taken, outputs);
        return [.. results.Select(result => result.GetTensorDataAsSpan<float>().ToArray())];
    }
}
