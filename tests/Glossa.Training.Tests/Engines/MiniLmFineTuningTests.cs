using System.Text.Json;
using Glossa.Models.Import;
using Glossa.Models.Losses;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Models.TaskHeads;
using Glossa.Training.Engines;
using Glossa.Training.Optimizers;
using Glossa.Training.Safetensors;
using NUnit.Framework;

namespace Glossa.Training.Tests.Engines;

/// <summary>PyTorch's fine-tuning of the cut MiniLM: mean pooling, a linear head, ten steps of AdamW on every parameter.</summary>
public sealed class MiniLmFineTuningTests
{
    private static readonly string[] GraphInputs = ["input_ids", "attention_mask", "token_type_ids"];

    [Test]
    public void Training_CutMiniLm_MeetsTheReference()
    {
        string folder = Fixtures.Shared("minilm");
        using SafetensorsReader reference = SafetensorsReader.Open(Path.Combine(folder, "reference.safetensors"));
        ImportedModel imported = WithReferenceHead(Path.Combine(folder, "onnx", "model.onnx"), reference);
        StepModel step = TrainingStep.Build(imported, new StepOptions { Loss = LossKind.SequenceClassification, Accumulate = true, WeightedLoss = true });
        Dictionary<string, TensorProto> initializers = imported.Forward.Graph.Initializer.ToDictionary(i => i.Name);
        using CpuEngine engine = new(step, step.Parameters.ToDictionary(p => p.Name, p => OnnxFactory.Floats(initializers[p.Name])), workers: 2);
        using Optimizer optimizer = new(engine.Layout, OptimizerOptions.AdamW(1e-4f, weightDecay: 0.01f, beta2: 0.999f));
        (MicroBatch[] batches, int texts) = Batches(reference);

        double[] losses = Losses(folder);
        for (int i = 0; i < losses.Length; i++)
        {
            Assert.That(engine.Run(batches, 1f / texts), Is.EqualTo(losses[i]).Within(1e-4), $"loss {i}");
            if (i == 0) CheckGradients(engine, reference, folder);
            optimizer.Step(engine.Parameters, engine.Gradients);
        }
    }

    private static void CheckGradients(CpuEngine engine, SafetensorsReader reference, string folder)
    {
        int compared = 0;
        foreach (SafetensorsEntry entry in reference.Entries.Where(e => e.Name.StartsWith("finetune.grad0.", StringComparison.Ordinal)))
        {
            string name = entry.Name["finetune.grad0.".Length..];
            float[] expected = reference.ReadFloats(entry.Name);
            double norm = Norm(expected), difference = Norm([.. expected.Zip(Gradient(engine, name, entry.Shape), (a, b) => a - b)]);
            Assert.That(difference / norm, Is.LessThan(1e-5), name);
            compared++;
        }
        Assert.That(compared, Is.EqualTo(4));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "finetune.json")));
        foreach (JsonProperty stored in json.RootElement.GetProperty("grad_norm_before_step_1").EnumerateObject())
        {
            string name = NameOf(engine, stored.Name);
            // Softmax does not see a key's bias: its gradient is zero but for rounding.
            double tolerance = Math.Max(1e-5 * stored.Value.GetDouble(), 1e-8);
            Assert.That(Norm(engine.Gradients.Slice(engine.Layout[name]).ToArray()), Is.EqualTo(stored.Value.GetDouble()).Within(tolerance), name);
        }
    }

    private static string NameOf(CpuEngine engine, string parameter) =>
        new[] { parameter, parameter + ".T", parameter.Replace("head.", "classifier.", StringComparison.Ordinal), parameter.Replace("head_", "classifier.", StringComparison.Ordinal) }
            .First(engine.Layout.Contains);

    // The exporter stores linear weights transposed, under names that say so.
    private static float[] Gradient(CpuEngine engine, string parameter, long[] shape)
    {
        string name = NameOf(engine, parameter);
        float[] gradient = engine.Gradients.Slice(engine.Layout[name]).ToArray();
        if (!name.EndsWith(".T", StringComparison.Ordinal)) return gradient;
        int rows = (int)shape[0], columns = (int)shape[1];
        return [.. Enumerable.Range(0, rows * columns).Select(i => gradient[(i % columns * rows) + (i / columns)])];
    }

    private static ImportedModel WithReferenceHead(string path, SafetensorsReader reference)
    {
        HeadedModel headed = ClassificationHead.Attach(ModelImport.Read(path, new ImportOptions()).Original, new HeadOptions { Classes = 5 });
        TensorProto weight = headed.Model.Graph.Initializer.Single(i => i.Name == headed.NewParameters[0]);
        weight.RawData = OnnxFactory.Tensor(weight.Name, [5, 384], reference.ReadFloats("finetune.head_weight")).RawData;
        return ModelImport.Prepare(headed.Model, new ImportOptions());
    }

    // Four micro-batches on two workers have to give what the whole batch gives.
    private static (MicroBatch[] Batches, int Texts) Batches(SafetensorsReader reference)
    {
        long[] labels = reference.ReadInt64s("finetune.labels");
        long[] mask = reference.ReadInt64s("finetune.attention_mask");
        Dictionary<string, long[]> inputs = new()
        {
            ["input_ids"] = reference.ReadInt64s("finetune.input_ids"),
            ["attention_mask"] = mask,
            ["token_type_ids"] = new long[mask.Length],
        };
        int length = mask.Length / labels.Length, rows = labels.Length / 4;
        MicroBatch[] batches = [.. Enumerable.Range(0, 4).Select(part => new MicroBatch(
        [
            .. GraphInputs.Select(name => BatchInput.Of(name, inputs[name][(part * rows * length)..((part + 1) * rows * length)], rows, length)),
            BatchInput.Of(StepModel.Labels, labels[(part * rows)..((part + 1) * rows)], rows),
        ]))];
        return (batches, labels.Length);
    }

    private static double[] Losses(string folder)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "finetune.json")));
        return [.. json.RootElement.GetProperty("losses").EnumerateArray().Select(loss => loss.GetDouble())];
    }

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));
}
