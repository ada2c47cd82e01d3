using System.Text.Json;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining;
using Glossa.Models.OrtTraining.Checkpoints;
using Glossa.Models.Steps;
using Glossa.Training.Safetensors;
using Glossa.Training.Verification;
using Microsoft.ML.OnnxRuntime;
using NUnit.Framework;

namespace Glossa.Training.Tests.OrtTraining;

/// <summary>Artifacts that Glossa made, trained by the real runtime, against the official artifacts' numbers.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class OwnArtifactsTests
{
    [TestCaseSource(typeof(OfficialCase), nameof(OfficialCase.Own))]
    [TestCaseSource(typeof(OfficialCase), nameof(OfficialCase.Shared))]
    public void Train_ArtifactsOfTheForwardModel_GivesTheOfficialNumbersAndMerges(string name)
    {
        OfficialCase official = OfficialCase.Open(name);
        ImportedModel model = ModelImport.Read(official.Forward, new ImportOptions());
        using ArtifactsInFolder artifacts = new(model, Options(official));
        string saved = artifacts.At("checkpoint.saved");
        RealTraining training = RealRuntime.Train(artifacts.Path, official.Reference, 20, "--outputs", string.Join(',', official.ExtraOutputs), "--save-checkpoint", saved);
        float difference = official.Difference(training);
        TestContext.Out.WriteLine($"largest difference of losses and parameters: {difference:0.0e+0}");
        Assert.That(difference, Is.LessThan(OfficialCase.Tolerance));
        using SafetensorsReader reference = SafetensorsReader.Open(official.Reference);
        foreach (string output in official.ExtraOutputs)
            Assert.That(OfficialCase.Largest(training.Outputs[output], reference.ReadFloats($"inference.{output}")), Is.LessThan(OfficialCase.Tolerance));

        // What was trained ends in an ordinary model: its loss in the ordinary runtime is the training runtime's evaluation loss.
        OrtCheckpoint checkpoint = OrtCheckpointFile.Read(saved);
        ModelProto merged = CheckpointMerge.Apply(ModelImport.ReadOriginal(official.Forward), checkpoint);
        Assert.That(EvaluationLoss(merged, official), Is.EqualTo(training.EvaluationLoss).Within(1e-5));
    }

    private static ArtifactOptions Options(OfficialCase official)
    {
        JsonElement description = official.Description(), optimizer = description.GetProperty("optimizer"), clip = description.GetProperty("clip_max_norm");
        float Number(string key) => optimizer.GetProperty(key).GetSingle();
        ArtifactOptimizer made = optimizer.GetProperty("op").GetString() == "SGDOptimizerV2"
            ? new() { Kind = ArtifactOptimizerKind.Sgd }
            : new() { Mode = (AdamMode)optimizer.GetProperty("adam_mode").GetInt32(), Beta1 = Number("alpha"), Beta2 = Number("beta"), Epsilon = Number("epsilon"), WeightDecay = Number("weight_decay") };
        return new ArtifactOptions
        {
            Loss = LossKind.CrossEntropy,
            Freeze = [.. description.GetProperty("frozen").EnumerateArray().Select(parameter => parameter.GetString()!)],
            ExtraOutputs = official.ExtraOutputs,
            Optimizer = clip.ValueKind == JsonValueKind.Null ? made : made with { Clip = clip.GetSingle() },
        };
    }

    /// <summary>The mean cross entropy of batch 0 in the ordinary runtime, in double.</summary>
    private static double EvaluationLoss(ModelProto model, OfficialCase official)
    {
        using SafetensorsReader reference = SafetensorsReader.Open(official.Reference);
        using InferenceSession session = RuntimeSession.Open(model);
        Dictionary<string, OrtValue> feeds = session.InputNames.ToDictionary(input => input, input => First(reference, "input." + input));
        using RunOptions run = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, feeds, session.OutputNames);
        long[] labels = FirstInt64s(reference, "labels");
        ReadOnlySpan<float> logits = outputs[0].GetTensorDataAsSpan<float>();
        int classes = logits.Length / labels.Length;
        (double sum, int count) = (0, 0);
        for (int row = 0; row < labels.Length; row++)
        {
            if (labels[row] == StepModel.IgnoredLabel) continue;
            ReadOnlySpan<float> scores = logits.Slice(row * classes, classes);
            double total = 0;
            foreach (float score in scores) total += Math.Exp(score);
            sum += Math.Log(total) - scores[(int)labels[row]];
            count++;
        }
        foreach (OrtValue feed in feeds.Values) feed.Dispose();
        return sum / count;
    }

    private static OrtValue First(SafetensorsReader reader, string name)
    {
        long[] shape = reader.Entry(name).Shape[1..];
        return reader.Entry(name).Type == SafetensorsType.F32
            ? OrtValue.CreateTensorValueFromMemory(reader.ReadFloats(name)[..(int)shape.Aggregate(1L, (a, b) => a * b)], shape)
            : OrtValue.CreateTensorValueFromMemory(FirstInt64s(reader, name), shape);
    }

    private static long[] FirstInt64s(SafetensorsReader reader, string name) => reader.ReadInt64s(name)[..(int)reader.Entry(name).Shape[1..].Aggregate(1L, (a, b) => a * b)];
}
