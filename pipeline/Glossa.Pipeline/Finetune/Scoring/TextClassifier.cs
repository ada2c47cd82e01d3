using Glossa.Models.Export;
using Glossa.Models.TaskHeads;
using Glossa.Pipeline.Finetune.Batches;
using Glossa.Pipeline.Finetune.Texts;
using Glossa.Training.Engines;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Pipeline.Finetune.Scoring;

/// <summary>A classification model's file, run as a client runs it.</summary>
internal sealed class TextClassifier : IDisposable
{
    private const int Rows = 16;

    private readonly InferenceSession _session;
    private readonly ModelInputs _inputs;
    private readonly FolderEncoder _encoder;
    private readonly string _path, _output;
    private readonly int _maxLength;

    /// <summary>Opens a model file.</summary>
    /// <exception cref="InputException">It is missing, damaged, or no classifier.</exception>
    public TextClassifier(string path, FolderEncoder encoder, int maxLength)
    {
        Models.Onnx.ModelProto model = OnnxFile.Read(path);
        _inputs = new ModelInputs(model.Graph, encoder.PadId, path);
        (_path, _encoder, _maxLength) = (path, encoder, maxLength);
        using SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, EnableMemoryPattern = false };
        try
        {
            _session = new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InputException($"ONNX Runtime does not load the model ({FirstLine(e)})", path, "export it again", e);
        }
        _output = _session.OutputMetadata.ContainsKey(ClassificationHead.Logits) ? ClassificationHead.Logits : _session.OutputNames[0];
        if (_session.OutputMetadata[_output] is not { ElementType: { } type, Dimensions: [_, var classes] } || type != typeof(float))
        {
            _session.Dispose();
            throw new InputException($"the model's output '{_output}' is no float32 [batch, classes]", path, "name a folder of a classification model");
        }
        Classes = classes;
    }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <summary>The likeliest class of each text. The result does not depend on the number of threads.</summary>
    /// <exception cref="WorkException">The model does not run.</exception>
    public int[] Predict(IReadOnlyList<string> texts, int threads, CancellationToken cancellation)
    {
        int[][] ids = new int[texts.Count][];
        Parallel.For(0, texts.Count, Degree(threads, cancellation), i => ids[i] = _encoder.Encode(texts[i], _maxLength));
        int[][] batches = [.. Enumerable.Range(0, texts.Count).OrderBy(i => ids[i].Length).Chunk(Rows)];
        int[] classes = new int[texts.Count];
        Parallel.For(0, batches.Length, Degree(threads, cancellation), batch => Run(batches[batch], ids, classes));
        return classes;
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private static ParallelOptions Degree(int threads, CancellationToken cancellation) => new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };

    private void Run(int[] batch, int[][] ids, int[] classes)
    {
        int length = batch.Max(text => ids[text].Length);
        List<BatchInput> inputs = _inputs.Fill([.. batch.Select(text => ids[text])], length);
        Dictionary<string, OrtValue> values = inputs.ToDictionary(input => input.Name, input => input.ToOrtValue());
        try
        {
            using RunOptions options = new();
            using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(options, values, [_output]);
            ReadOnlySpan<float> logits = results[0].GetTensorDataAsSpan<float>();
            int width = logits.Length / batch.Length;
            for (int row = 0; row < batch.Length; row++) classes[batch[row]] = IndexOfMax(logits.Slice(row * width, width));
        }
        catch (OnnxRuntimeException e)
        {
            throw new WorkException($"ONNX Runtime failed to run the model ({FirstLine(e)})", _path, inner: e);
        }
        finally
        {
            foreach (OrtValue value in values.Values) value.Dispose();
        }
    }

    private static int IndexOfMax(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++) if (values[i] > values[best]) best = i;
        return best;
    }

    private static string FirstLine(OnnxRuntimeException e) => e.Message.Split('\n')[0].Trim();
}
