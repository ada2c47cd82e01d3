using Glossa.Models.Onnx;
using Glossa.Training.Optimizers;
using Glossa.Training.Optimizers.Graph;
using Glossa.Training.Parameters;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Glossa.Training.Tests.Optimizers.Graph;

/// <summary>An optimizer graph over buffers of its own, each kept twice, on the CPU.</summary>
internal sealed class GraphOptimizer : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly Dictionary<OptimizerBuffer, FloatBuffer[]> _buffers = [];
    private readonly IReadOnlyList<ParameterGroup> _groups;

    public GraphOptimizer(ParameterLayout layout, OptimizerOptions options, OptimizerGraphOptions graph)
    {
        _groups = ParameterGroup.Assign(layout, options);
        Model = OptimizerGraph.Build(layout, _groups, graph);
        _session = new InferenceSession(Model.Model.ToByteArray());
        foreach (OptimizerBuffer buffer in Enum.GetValues<OptimizerBuffer>())
            _buffers[buffer] = [new FloatBuffer(Model.Length(buffer)), new FloatBuffer(Model.Length(buffer))];
        this[OptimizerBuffer.Control].Span[1] = graph.Scaling?.Initial ?? 1;
    }

    public OptimizerModel Model { get; }

    /// <summary>The current copy.</summary>
    public FloatBuffer this[OptimizerBuffer buffer] => _buffers[buffer][0];

    public float[] LastOutcome => this[OptimizerBuffer.History].Span[^OptimizerModel.HistoryColumns..].ToArray();

    public void Step(float factor, float averageKept = 0)
    {
        OptimizerGraph.Rates(_groups, factor, averageKept).CopyTo(this[OptimizerBuffer.Rates].Span);
        using OrtIoBinding binding = _session.CreateIoBinding();
        List<OrtValue> values = [];
        foreach (OptimizerTensor tensor in Model.Tensors)
        {
            values.Add(_buffers[tensor.Buffer][0].Tensor(tensor.Offset, tensor.Shape));
            binding.BindInput(tensor.Input, values[^1]);
            if (tensor.Output is null) continue;
            values.Add(_buffers[tensor.Buffer][1].Tensor(tensor.Offset, tensor.Shape));
            binding.BindOutput(tensor.Output, values[^1]);
        }
        _session.RunWithBinding(_run, binding);
        foreach (OrtValue value in values) value.Dispose();
        foreach (OptimizerBuffer written in Model.Tensors.Where(tensor => tensor.Output is not null).Select(tensor => tensor.Buffer).Distinct())
            Array.Reverse(_buffers[written]);
    }

    public void Dispose()
    {
        foreach (FloatBuffer buffer in _buffers.Values.SelectMany(pair => pair)) buffer.Dispose();
        _run.Dispose();
        _session.Dispose();
    }
}
