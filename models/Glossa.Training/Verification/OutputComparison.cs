using Glossa.Models.Onnx;
using Glossa.Training.Engines;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Verification;

/// <summary>Holds a forward graph's outputs against those of a reference, at real positions.</summary>
internal static class OutputComparison
{
    private const double Limit = 1e-4;

    /// <summary>The worst absolute difference.</summary>
    public static VerificationCheck Compare(ReferenceFolder reference, ModelProto forward)
    {
        IReadOnlyList<FeedTensor> feeds = reference.Feeds(forward.Graph);
        string[] names = [.. reference.Outputs.Where(name => forward.Graph.Output.Any(output => output.Name == name))];
        if (!names.Contains(reference.MainOutput)) throw new InputException($"the graph has no output '{reference.MainOutput}', which the reference holds", fix: "take the model that the reference was made of");
        using InferenceSession session = RuntimeSession.Open(forward);
        MicroBatch batch = new([.. feeds.Select(feed => feed.ToInput())]);
        Dictionary<string, OrtValue> inputs = batch.Inputs.ToDictionary(input => input.Name, input => input.ToOrtValue());
        try
        {
            using RunOptions run = new();
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, inputs, names);
            (double worst, string where) = names.Zip(outputs, (name, output) => (Difference(reference, feeds, name, output), name)).MaxBy(pair => double.IsNaN(pair.Item1) ? double.PositiveInfinity : pair.Item1);
            return new VerificationCheck(VerificationChecks.Outputs, worst, Limit, where);
        }
        catch (OnnxRuntimeException e)
        {
            throw RuntimeFailure.OfRun(e, batch);
        }
        finally
        {
            foreach (OrtValue input in inputs.Values) input.Dispose();
        }
    }

    private static double Difference(ReferenceFolder reference, IReadOnlyList<FeedTensor> feeds, string name, OrtValue output)
    {
        string stored = "output." + name;
        long[] shape = reference.Shape(stored), actual = output.GetTensorTypeAndShape().Shape;
        if (!shape.AsSpan().SequenceEqual(actual)) return double.PositiveInfinity;
        float[] expected = reference.Floats(stored);
        ReadOnlySpan<float> values = output.GetTensorDataAsSpan<float>();
        bool[]? real = RealPositions(feeds, name, shape);
        int width = real is null || real.Length == 0 ? 1 : expected.Length / real.Length;
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (real is not null && !real[i / width]) continue;
            double difference = Math.Abs((double)expected[i] - values[i]);
            if (!(difference <= worst)) worst = difference;
        }
        return worst;
    }

    // Real are the positions where the last columns of the mask, as many as the output has positions, are 1. A decoder's output has a mask of its own, if any.
    private static bool[]? RealPositions(IReadOnlyList<FeedTensor> feeds, string output, long[] shape)
    {
        if (shape.Length < 3) return null;
        bool encoder = output.StartsWith("encoder", StringComparison.Ordinal), decodes = feeds.Any(feed => feed.Name == "decoder_input_ids");
        string name = decodes && !encoder ? "decoder_attention_mask" : "attention_mask";
        if (feeds.FirstOrDefault(feed => feed.Name == name) is not { Shape.Length: 2, Data: long[] mask } fed || fed.Shape[0] != shape[0] || fed.Shape[1] < shape[1]) return null;
        int rows = (int)shape[0], columns = (int)shape[1], all = (int)fed.Shape[1];
        return [.. Enumerable.Range(0, rows * columns).Select(i => mask[(i / columns * all) + all - columns + (i % columns)] != 0)];
    }
}
