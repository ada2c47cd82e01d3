using System.Text.Json.Nodes;
using CsCheck;
using Glossa.Models.Export;
using Glossa.Models.Onnx;
using Glossa.Models.Steps;
using Glossa.Models.TaskHeads;
using Glossa.Pipeline.Finetune.Batches;
using Glossa.Pipeline.Finetune.Folder;
using Glossa.Pipeline.Finetune.Scoring;
using Glossa.Pipeline.Finetune.Texts;
using Glossa.Training.Engines;
using NUnit.Framework;

namespace Glossa.Pipeline.Tests.Finetune;

public sealed class FinetunePartsTests
{
    [Test]
    public void Plan_AnySizes_ShowsEveryRowOncePerEpoch() => Gen.Select(Gen.Int[1, 90].Array[1, 200], Gen.Int[1, 3], Gen.Int[1, 40], Gen.Int[1, 40]).Sample((lengths, epochs, batch, micro) =>
    {
        List<(int Epoch, int[][] MicroBatches)> plan = BatchOrder.Plan(lengths, epochs, batch, micro, seed: 5);
        for (int epoch = 0; epoch < epochs; epoch++)
            Assert.That(plan.Where(step => step.Epoch == epoch).SelectMany(step => step.MicroBatches).SelectMany(rows => rows).Order(), Is.EqualTo(Enumerable.Range(0, lengths.Length)));
        Assert.That(plan.SelectMany(step => step.MicroBatches).All(rows => rows.Length <= micro));
        Assert.That(plan.All(step => step.MicroBatches.Sum(rows => rows.Length) <= batch));
    }, iter: 100);

    [Test]
    public void Apply_Masking_HidesAboutThreeTwentieths()
    {
        FolderEncoder encoder = FolderEncoder.Load(TinyFolder.Path("fill-mask"));
        int[] row = encoder.Encode("the red house is number one and the green river is number two", 64);
        int hidden = 0, masked = 0, kept = 0, tokens = 0;
        for (ulong seed = 0; seed < 2000; seed++)
        {
            (int[] ids, long[] labels, int count) = TokenMasking.Apply(row, encoder, new SeededRandom(seed));
            Assert.That(labels.Count(label => label != StepModel.IgnoredLabel), Is.EqualTo(count).And.GreaterThan(0));
            for (int i = 0; i < row.Length; i++)
            {
                if (labels[i] == StepModel.IgnoredLabel) Assert.That(ids[i], Is.EqualTo(row[i]));
                else Assert.That(labels[i], Is.EqualTo(row[i]));
            }
            Assert.That((ids[0], ids[^1]), Is.EqualTo((row[0], row[^1])), "special tokens stay");
            (hidden, tokens) = (hidden + count, tokens + row.Length - 2);
            masked += ids.Zip(labels).Count(cell => cell.Second != StepModel.IgnoredLabel && cell.First == encoder.MaskId);
            kept += ids.Zip(labels).Count(cell => cell.First == cell.Second);
        }
        // A row of 13 tokens hides none by chance in one of eight cases, and then one.
        Assert.That(hidden / (double)tokens, Is.EqualTo(0.16).Within(0.015));
        Assert.That(masked / (double)hidden, Is.EqualTo(0.8).Within(0.02));
        Assert.That(kept / (double)hidden, Is.EqualTo(0.1).Within(0.02));
    }

    [Test]
    public void Fill_CacheInputs_AreEmptyAndTyped()
    {
        ModelProto model = OnnxFile.Read(Path.Combine(TinyFolder.Path("text-generation-gpt2"), "onnx", "model.onnx"));
        List<BatchInput> inputs = new ModelInputs(model.Graph, 0, "model").Fill([[5, 6, 7], [8]], 3);
        Assert.That(inputs.Select(input => input.ToString()), Does.Contain("input_ids [2, 3]").And.Contain("attention_mask [2, 3]").And.Contain("past_key_values.0.key [2, 4, 0, 8]"));
    }

    [Test]
    public void ModelInputs_UnknownInput_IsNamed()
    {
        ModelProto model = OnnxFile.Read(Path.Combine(TinyFolder.Path("feature-extraction"), "onnx", "model.onnx"));
        model.Graph.Input.Add(OnnxFactory.ValueInfo("pixel_values", TensorProto.Types.DataType.Float, "batch", 3));
        Assert.That(() => new ModelInputs(model.Graph, 0, "model"), Throws.TypeOf<InputException>().With.Message.Contains("'pixel_values', which nothing fills"));
    }

    [TestCase("BertModel", "BertForSequenceClassification")]
    [TestCase("BertForMaskedLM", "BertForSequenceClassification")]
    [TestCase("XLMRobertaModel", "XLMRobertaForSequenceClassification")]
    [TestCase("GPT2LMHeadModel", "GPT2ForSequenceClassification")]
    [TestCase("DistilBertForSequenceClassification", "DistilBertForSequenceClassification")]
    public void ConfigOf_Classification_NamesTheClassifier(string architecture, string expected)
    {
        JsonObject config = new() { ["architectures"] = new JsonArray(architecture), ["vocab_size"] = 7 };
        JsonObject changed = new TaskFacts("classification", 64, ["no", "yes"], null, Pooling.Mean, [], null).ConfigOf(config);
        Assert.That(changed["architectures"]![0]!.ToString(), Is.EqualTo(expected));
        Assert.That((changed["vocab_size"]!.GetValue<int>(), changed["num_labels"]!.GetValue<int>(), changed["id2label"]!["1"]!.ToString()), Is.EqualTo((7, 2, "yes")));
        Assert.That(config["num_labels"], Is.Null, "the original is left alone");
    }

    [Test]
    public void Of_KnownCounts_GivesAccuracyAndF1()
    {
        // Class a: 2 of 3 right and one wrongly given (F1 2/3); class b: 1 of 2 right, one wrongly given (F1 1/2).
        ClassificationScore score = ClassificationScore.Of([("en", 0, 0), ("en", 0, 0), ("en", 0, 1), ("de", 1, 1), ("de", 1, 0)], ["a", "b", "never"]);
        Assert.That(score.Accuracy, Is.EqualTo(0.6).Within(1e-12));
        Assert.That(score.MacroF1, Is.EqualTo((2 / 3.0 + 0.5) / 2).Within(1e-12));
        Assert.That(score.Languages.Select(l => (l.Language, l.Texts)), Is.EqualTo(new[] { ("de", 2), ("en", 3) }));
        Assert.That(score.Languages[0].MacroF1, Is.EqualTo(0.5).Within(1e-12), "one class in the language: its F1 over all texts");
        Assert.That(score.Classes.Select(c => c.Label), Is.EqualTo(new[] { "a", "b" }));
    }
}
