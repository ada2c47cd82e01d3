using Glossa.Benchmarks.Peers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Glossa.TorchPeer;

/// <summary>A transformer in libtorch's own operators, as a user of TorchSharp would write it for speed.</summary>
internal abstract class TorchModel(StepCase sizes, IReadOnlyDictionary<string, Parameter> parameters, TorchVariant variant)
{
    private readonly Dictionary<string, Embedding> _tables = [];

    protected StepCase Sizes { get; } = sizes;

    public static TorchModel Of(StepCase sizes, IReadOnlyDictionary<string, Parameter> parameters, TorchVariant variant) => sizes.Architecture switch
    {
        Architecture.Gpt => new GptModel(sizes, parameters, variant),
        Architecture.NanoChat => new NanoChatModel(sizes, parameters, variant),
        _ => new BertModel(sizes, parameters, variant),
    };

    /// <summary>The sum of the labels' cross entropies.</summary>
    public abstract Tensor Loss(IReadOnlyDictionary<string, Tensor> batch);

    protected Tensor P(string name) => parameters[name];

    protected Tensor Rows(string name, Tensor ids)
    {
        if (!_tables.TryGetValue(name, out Embedding? table))
        {
            table = TorchSharp.torch.nn.Embedding(parameters[name].shape[0], parameters[name].shape[1]);
            table.weight = parameters[name];
            _tables[name] = table;
        }
        return table.call(ids);
    }

    protected Tensor Linear(Tensor x, string name) => Product(x, P(name + ".weight"), parameters.TryGetValue(name + ".bias", out Parameter? bias) ? bias : null);

    protected Tensor Product(Tensor x, Tensor weight, Tensor? bias = null) =>
        variant.Half ? linear(x.to(ScalarType.BFloat16), weight.to(ScalarType.BFloat16), bias?.to(ScalarType.BFloat16)) : linear(x, weight, bias);

    protected Tensor LayerNorm(Tensor x, string name) =>
        layer_norm(x.to(ScalarType.Float32), [Sizes.Width], P(name + ".weight"), P(name + ".bias"), Sizes.Epsilon);

    // [batch, sequence, width] as [batch, heads, sequence, head size]
    protected Tensor Split(Tensor x) => x.view(x.shape[0], x.shape[1], Sizes.Heads, -1).transpose(1, 2);

    /// <summary>Attention over heads, joined again; the mask is added to the scores, null for a causal one.</summary>
    protected Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor? mask)
    {
        Tensor mixed;
        if (variant.Fused)
        {
            mixed = scaled_dot_product_attention(q, k, v, mask?.to(q.dtype), is_casual: mask is null);
        }
        else
        {
            Tensor scores = matmul(q, k.transpose(-2, -1)) / Math.Sqrt(q.shape[^1]);
            Tensor bias = mask ?? Later(q.shape[2]);
            mixed = matmul(softmax(scores + bias, -1, ScalarType.Float32).to(v.dtype), v);
        }
        return mixed.transpose(1, 2).reshape(q.shape[0], q.shape[2], -1);
    }

    private static Tensor Later(long length) => full([length, length], float.NegativeInfinity).triu(1);

    /// <summary>Cross entropy of the rows of hidden states against labels, summed.</summary>
    protected static Tensor CrossEntropy(Tensor logits, Tensor labels) =>
        cross_entropy(logits.reshape(-1, logits.shape[^1]).to(ScalarType.Float32), labels.reshape(-1), ignore_index: -100, reduction: TorchSharp.torch.nn.Reduction.Sum);

    /// <summary>The last position predicts nothing, so it is not multiplied by the head.</summary>
    protected static Tensor Predicting(Tensor x) => x.narrow(1, 0, x.shape[1] - 1);

    protected static Tensor Next(Tensor labels) => labels.narrow(1, 1, labels.shape[1] - 1);
}
