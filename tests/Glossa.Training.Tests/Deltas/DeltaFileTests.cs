using Glossa.Models.Adapters;
using Glossa.Training.Deltas;
using Glossa.Training.Parameters;
using NUnit.Framework;

namespace Glossa.Training.Tests.Deltas;

public sealed class DeltaFileTests
{
    private string _path = "";

    [SetUp]
    public void MakePath() => _path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}.safetensors");

    [TearDown]
    public void DeleteFile() => File.Delete(_path);

    [Test]
    public void Read_OfWritten_GivesTheSameDelta()
    {
        ModelDelta delta = Delta();
        DeltaFile.Write(_path, delta);
        ModelDelta read = DeltaFile.Read(_path);
        Assert.That((read.Base, read.Task), Is.EqualTo((delta.Base, delta.Task)));
        Assert.That(read.Sparse["a"].Indices, Is.EqualTo(delta.Sparse["a"].Indices));
        Assert.That(read.Sparse["a"].Values, Is.EqualTo(delta.Sparse["a"].Values));
        Assert.That(read.LowRank["w"].Left, Is.EqualTo(delta.LowRank["w"].Left));
        Assert.That(read.LowRank["w"].Adapter with { Left = "", Right = "" }, Is.EqualTo(delta.LowRank["w"].Adapter with { Left = "", Right = "" }));
        Assert.That(read.New["head"].Data, Is.EqualTo(delta.New["head"].Data));
    }

    [Test]
    public void AddTo_SparseAndLowRank_AddsTheDifferences()
    {
        float[] a = [1, 1, 1, 1], w = [0, 0, 0, 0, 0, 0];
        ModelDelta delta = Delta();
        delta.AddTo("a", a);
        delta.AddTo("w", w);
        // Twice the outer product of (1, 2) and (1, 0, 3).
        Assert.That(a, Is.EqualTo(new float[] { 1.5f, 1, 1, 0 }));
        Assert.That(w, Is.EqualTo(new float[] { 2, 0, 6, 4, 0, 12 }));
    }

    [Test]
    public void AddTo_TwoDeltas_DoesNotDependOnTheirOrder()
    {
        ModelDelta one = Delta(), two = one with { Sparse = new Dictionary<string, SparseChange> { ["a"] = new(4, [0, 2], [2, 3]) } };
        float[] forwards = [1, 2, 3, 4], backwards = [1, 2, 3, 4];
        one.AddTo("a", forwards);
        two.AddTo("a", forwards);
        two.AddTo("a", backwards);
        one.AddTo("a", backwards);
        Assert.That(forwards, Is.EqualTo(backwards));
        Assert.That(forwards, Is.EqualTo(new float[] { 3.5f, 2, 6, 3 }));
    }

    [Test]
    public void AddTo_OtherSize_SaysSo() =>
        Assert.That(() => Delta().AddTo("a", new float[5]), Throws.TypeOf<InputException>().With.Message.Contains("'a' of 4 elements, the model's has 5"));

    [TestCase(new[] { 0, 4 })]
    [TestCase(new[] { 3, 0 })]
    [TestCase(new[] { -1, 2 })]
    public void Read_IndicesOutOfOrderOrRange_SaysSo(int[] indices)
    {
        DeltaFile.Write(_path, Delta() with { Sparse = new Dictionary<string, SparseChange> { ["a"] = new(4, indices, [1, 1]) } });
        Assert.That(() => DeltaFile.Read(_path), Throws.TypeOf<InputException>().With.Message.Contains("indices of 'a'"));
    }

    [Test]
    public void OfLargestChanges_Half_TakesThoseThatMovedMost()
    {
        ParameterLayout layout = new([("a", [4]), ("b", [2]), ("head", [2])]);
        using FloatBuffer before = new(layout.Length), after = new(layout.Length), gradients = new(layout.Length);
        new float[] { 0.1f, -3, 0.2f, 2 }.CopyTo(after.Slice(layout["a"]));
        new float[] { 0, 1 }.CopyTo(after.Slice(layout["b"]));
        gradients.Span.Fill(1);
        using SparseSelection selection = SparseSelection.OfLargestChanges(layout, before, after, 0.5, name => name == "head");
        selection.Apply(gradients);
        Assert.That(gradients.Slice(layout["a"]).ToArray(), Is.EqualTo(new float[] { 0, 1, 0, 1 }));
        Assert.That(gradients.Slice(layout["b"]).ToArray(), Is.EqualTo(new float[] { 0, 1 }));
        Assert.That(gradients.Slice(layout["head"]).ToArray(), Is.EqualTo(new float[] { 1, 1 }));
        Assert.That(selection.Count, Is.EqualTo(3));
    }

    [Test]
    public void OfLargestChanges_EqualChanges_TakesNoMoreThanAskedFor()
    {
        ParameterLayout layout = new([("a", [6])]);
        using FloatBuffer before = new(layout.Length), after = new(layout.Length);
        after.Slice(layout["a"]).Fill(1);
        using SparseSelection selection = SparseSelection.OfLargestChanges(layout, before, after, 0.5, _ => false);
        Assert.That(selection.Indices["a"], Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [Test]
    public void OfLargestChanges_InEachTensor_NoneTakesTheShareOfAnother()
    {
        ParameterLayout layout = new([("a", [4]), ("drifting", [8]), ("c", [1])]);
        using FloatBuffer before = new(layout.Length), after = new(layout.Length);
        new float[] { 0.1f, 0.3f, 0.2f, 0 }.CopyTo(after.Slice(layout["a"]));
        after.Slice(layout["drifting"]).Fill(5);
        after.Slice(layout["c"]).Fill(5);
        using SparseSelection selection = SparseSelection.OfLargestChanges(layout, before, after, 0.5, _ => false, inEachTensor: true);
        Assert.That(selection.Indices["a"], Is.EqualTo(new[] { 1, 2 }));
        Assert.That(selection.Indices["drifting"], Is.EqualTo(new[] { 0, 1, 2, 3 }));
        Assert.That(selection.Indices.ContainsKey("c"), Is.False, "half of one is none");
    }

    private static ModelDelta Delta() => new()
    {
        Base = "abc",
        Task = """{"task":"classification"}""",
        Sparse = new Dictionary<string, SparseChange> { ["a"] = new(4, [0, 3], [0.5f, -1]) },
        LowRank = new Dictionary<string, LowRankChange> { ["w"] = new(new LoraAdapter("w", 2, 3, "l", "r", 1, 2), [1, 2], [1, 0, 3]) },
        New = new Dictionary<string, NewTensor> { ["head"] = new([2, 1], [7, 8]) },
    };
}
