using Glossa.Benchmarks.Peers;
using Glossa.Training.Safetensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Glossa.TorchPeer;

/// <summary>How TorchSharp takes the step.</summary>
/// <param name="Fused">Whether attention is libtorch's fused operator.</param>
/// <param name="Sequences">Sequences of a micro-batch; gradients add up over them.</param>
/// <param name="Half">Whether products are in bfloat16, with float32 weights behind them.</param>
/// <param name="Threads">Threads inside operators.</param>
internal sealed record TorchVariant(bool Fused, int Sequences, bool Half, int Threads);

/// <summary>A model of TorchSharp on the stored weights and batch.</summary>
internal sealed class TorchSide : ISteppedModel
{
    private readonly StepCase _case;
    private readonly Dictionary<string, Parameter> _parameters = [];
    private readonly HashSet<string> _transposed;
    private readonly List<Dictionary<string, Tensor>> _microBatches = [];
    private readonly TorchModel _model;
    private readonly optim.Optimizer _optimizer;
    private readonly DisposeScope _scope;

    public TorchSide(string folder, TorchVariant variant)
    {
        set_num_threads(variant.Threads);
        _scope = NewDisposeScope();
        _case = StepCase.Read(folder);
        _transposed = [.. _case.Matrices];
        using (SafetensorsReader weights = SafetensorsReader.Open(StepCase.WeightsFile(folder)))
        {
            foreach (SafetensorsEntry entry in weights.Entries) _parameters[entry.Name] = new Parameter(Load(weights, entry));
        }
        using (SafetensorsReader batch = SafetensorsReader.Open(StepCase.BatchFile(folder)))
        {
            for (int start = 0; start < _case.Batch; start += variant.Sequences)
            {
                long from = start, count = Math.Min(variant.Sequences, _case.Batch - start);
                _microBatches.Add(batch.Entries.ToDictionary(entry => entry.Name, entry => tensor(batch.ReadInt64s(entry.Name), entry.Shape).narrow(0, from, count).contiguous()));
            }
        }
        _model = TorchModel.Of(_case, _parameters, variant);
        _optimizer = optim.AdamW(_parameters.Values, lr: _case.LearningRate, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0);
    }

    public double Gradients()
    {
        double loss = 0;
        _optimizer.zero_grad();
        foreach (Dictionary<string, Tensor> microBatch in _microBatches)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor part = _model.Loss(microBatch) / _case.Labels;
            part.backward();
            loss += part.item<float>();
        }
        return loss;
    }

    public void Update()
    {
        using DisposeScope scope = NewDisposeScope();
        _optimizer.step();
    }

    public IReadOnlyList<SafetensorsTensor> LastGradients()
    {
        using DisposeScope scope = NewDisposeScope();
        return [.. _parameters.Where(parameter => parameter.Value.grad is not null).Select(parameter =>
        {
            Tensor gradient = parameter.Value.grad!;
            if (_transposed.Contains(parameter.Key)) gradient = gradient.t().contiguous();
            return SafetensorsTensor.Floats(parameter.Key, gradient.shape, gradient.data<float>().ToArray());
        })];
    }

    public void Dispose() => _scope.Dispose();

    private Tensor Load(SafetensorsReader weights, SafetensorsEntry entry)
    {
        Tensor stored = tensor(weights.ReadFloats(entry.Name), entry.Shape);
        return _transposed.Contains(entry.Name) ? stored.t().contiguous() : stored;
    }
}
