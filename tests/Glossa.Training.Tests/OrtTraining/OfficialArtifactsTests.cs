using Glossa.Training.Safetensors;
using NUnit.Framework;

namespace Glossa.Training.Tests.OrtTraining;

/// <summary>The official tool's artifacts in the real runtime, against the official numbers: that the runner itself is sound.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class OfficialArtifactsTests
{
    [TestCaseSource(typeof(OfficialCase), nameof(OfficialCase.Own))]
    [TestCaseSource(typeof(OfficialCase), nameof(OfficialCase.Shared))]
    public void Train_OfficialArtifacts_GivesTheOfficialNumbers(string name)
    {
        OfficialCase official = OfficialCase.Open(name);
        string[] optimizer = name == "mlp-sgd" ? ["--optimizer", Path.Combine(official.Artifacts, "optimizer_model_scalar_output.onnx")] : [];
        RealTraining training = RealRuntime.Train(official.Artifacts, official.Reference, 20, [.. optimizer, "--outputs", string.Join(',', official.ExtraOutputs)]);
        Assert.That(official.Difference(training), Is.LessThan(OfficialCase.Tolerance));
        Assert.That(training.Outputs.Keys, Is.EqualTo(official.ExtraOutputs));
        using SafetensorsReader reference = SafetensorsReader.Open(official.Reference);
        foreach (string output in official.ExtraOutputs)
            Assert.That(OfficialCase.Largest(training.Outputs[output], reference.ReadFloats($"inference.{output}")), Is.LessThan(OfficialCase.Tolerance));
    }

    [Test]
    public void Train_FromASavedCheckpoint_GoesOnFromItsParameters()
    {
        OfficialCase official = OfficialCase.Open("mlp-adamw");
        using TemporaryFile saved = new();
        RealTraining first = RealRuntime.Train(official.Artifacts, official.Reference, 5, "--save-checkpoint", saved.Path);
        string folder = Directory.CreateTempSubdirectory("glossa-real-runtime-").FullName;
        try
        {
            foreach (string file in Directory.GetFiles(official.Artifacts)) File.WriteAllBytes(Path.Combine(folder, Path.GetFileName(file)), File.ReadAllBytes(file));
            File.WriteAllBytes(Path.Combine(folder, "checkpoint"), File.ReadAllBytes(saved.Path));
            RealTraining second = RealRuntime.Train(folder, official.Reference, 0);
            Assert.That(second.EvaluationLoss, Is.EqualTo(first.EvaluationLoss));
            foreach ((string name, float[] values) in first.Parameters) Assert.That(second.Parameters[name], Is.EqualTo(values), name);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void Train_MicroBatches_AddUpToOneStep()
    {
        // SGD moves by the sum of the gradients: two equal micro-batches move twice as far as one.
        OfficialCase official = OfficialCase.Open("mlp-sgd");
        string optimizer = Path.Combine(official.Artifacts, "optimizer_model_scalar_output.onnx");
        using TemporaryFile twice = new();
        using (SafetensorsReader reader = SafetensorsReader.Open(official.Reference))
        {
            SafetensorsEntry input = reader.Entry("input.input"), labels = reader.Entry("labels");
            int inputs = (int)(input.Length / input.Shape[0]), rows = (int)(labels.Length / labels.Shape[0]);
            float[] x = reader.ReadFloats(input.Name)[..inputs];
            long[] y = reader.ReadInt64s(labels.Name)[..rows];
            SafetensorsWriter.WriteFile(twice.Path, [.. Enumerable.Range(0, 2).SelectMany(batch => new[]
            {
                SafetensorsTensor.Floats($"batch.{batch}.input", input.Shape[1..], x),
                SafetensorsTensor.Int64s($"batch.{batch}.labels", labels.Shape[1..], y),
            })]);
        }
        float[] start = RealRuntime.Train(official.Artifacts, twice.Path, 0, "--optimizer", optimizer).Parameters["fc1.weight"];
        float[] one = RealRuntime.Train(official.Artifacts, twice.Path, 1, "--optimizer", optimizer).Parameters["fc1.weight"];
        float[] two = RealRuntime.Train(official.Artifacts, twice.Path, 1, "--optimizer", optimizer, "--micro-batches", "2").Parameters["fc1.weight"];
        float[] expected = [.. start.Zip(one, (from, to) => from + (2 * (to - from)))];
        Assert.That(OfficialCase.Largest(one, start), Is.GreaterThan(1e-5f));
        Assert.That(OfficialCase.Largest(two, expected), Is.LessThan(1e-7f));
    }

    [TestCase("optimizer_model.onnx", "AdamWOptimizer", "AdamWOptimixer", "TrainingSession.create")]
    [TestCase("training_model.onnx", "Gemm", "Gexm", "Gexm")]
    [TestCase("checkpoint", "ODTC", "ODTX", "checkpoint: this is no checkpoint")]
    public void Train_DamagedFile_SaysWhatFailedInOneLine(string file, string old, string replacement, string expected)
    {
        OfficialCase official = OfficialCase.Open("mlp-adamw");
        string folder = Directory.CreateTempSubdirectory("glossa-real-runtime-").FullName;
        try
        {
            foreach (string source in Directory.GetFiles(official.Artifacts))
            {
                string text = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(source));
                if (Path.GetFileName(source) == file) text = text.Replace(old, replacement, StringComparison.Ordinal);
                File.WriteAllBytes(Path.Combine(folder, Path.GetFileName(source)), System.Text.Encoding.Latin1.GetBytes(text));
            }
            (int code, _, string error) = RealRuntime.Run("--artifacts", folder, "--batches", official.Reference, "--out", Path.Combine(folder, "out"));
            Assert.That((code, error.TrimEnd().Split('\n').Length), Is.EqualTo((1, 1)), error);
            Assert.That(error, Does.Contain(expected));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
