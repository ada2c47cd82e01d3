using Glossa.Benchmarks.Peers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Glossa.TorchPeer;

/// <summary>A transformer in libtorch's own operators, as a user of TorchSharp would write it for speed.</summary>
internal abstract class TorchModel(StepCase sizes, IReadOnlyDictionary<string, Parameter> parameters, TorchVariant variant)
{
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

    private readonly Dictionary<string, Embedding> _tables = [];

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

/// <summary>Pre-LN decoder, learned positions, erf GELU, tied head.</summary>
internal sealed class GptModel(StepCase sizes, IReadOnlyDictionary<string, Parameter> parameters, TorchVariant variant) : TorchModel(sizes, parameters, variant)
{
    public override Tensor Loss(IReadOnlyDictionary<string, Tensor> batch)
    {
        Tensor ids = batch["input_ids"];
        Tensor x = Rows("wte.weight", ids) + P("wpe.weight").narrow(0, 0, ids.shape[1]);
        for (int layer = 0; layer < Sizes.Layers; layer++)
        {
            string prefix = $"h.{layer}.";
            Tensor h = LayerNorm(x, prefix + "ln_1");
            Tensor mixed = Attend(Split(Linear(h, prefix + "attn.q")), Split(Linear(h, prefix + "attn.k")), Split(Linear(h, prefix + "attn.v")), null);
            x = x + Linear(mixed, prefix + "attn.o");
            x = x + Linear(gelu(Linear(LayerNorm(x, prefix + "ln_2"), prefix + "mlp.fc")), prefix + "mlp.proj");
        }
        return CrossEntropy(Product(LayerNorm(Predicting(x), "ln_f"), P("wte.weight")), Next(batch["labels"]));
    }
}

/// <summary>The default preset.</summary>
internal sealed class NanoChatModel : TorchModel
{
    private readonly Tensor _cos, _sin;

    public NanoChatModel(StepCase sizes, IReadOnlyDictionary<string, Parameter> parameters, TorchVariant variant)
        : base(sizes, parameters, variant)
    {
        int half = sizes.Width / sizes.Heads / 2;
        Tensor frequencies = pow(10000.0, arange(half, dtype: ScalarType.Float64) / -half);
        Tensor angles = arange(sizes.Sequence, dtype: ScalarType.Float64).unsqueeze(1) * frequencies.unsqueeze(0);
        // nanochat turns clockwise.
        (_cos, _sin) = (angles.cos().to(ScalarType.Float32), angles.sin().neg().to(ScalarType.Float32));
    }

    public override Tensor Loss(IReadOnlyDictionary<string, Tensor> batch)
    {
        Tensor x = Norm(Rows("model.embed_tokens.weight", batch["input_ids"]));
        for (int layer = 0; layer < Sizes.Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            Tensor h = Norm(x);
            Tensor q = Norm(Rotated(Split(Linear(h, prefix + "self_attn.q_proj")))), k = Norm(Rotated(Split(Linear(h, prefix + "self_attn.k_proj"))));
            Tensor v = Split(Linear(h, prefix + "self_attn.v_proj"));
            x = x + Linear(Attend(q.to(v.dtype), k.to(v.dtype), v, null), prefix + "self_attn.o_proj");
            x = x + Linear(Linear(Norm(x), prefix + "mlp.fc1").relu().square(), prefix + "mlp.fc2");
        }
        return CrossEntropy(Linear(Norm(Predicting(x)), "lm_head"), Next(batch["labels"]));
    }

    private Tensor Norm(Tensor x)
    {
        Tensor wide = x.to(ScalarType.Float32);
        return wide * (wide.square().mean([-1], keepdim: true) + Sizes.Epsilon).rsqrt();
    }

    private Tensor Rotated(Tensor x)
    {
        Tensor[] halves = x.chunk(2, -1);
        return cat([halves[0] * _cos - halves[1] * _sin, halves[1] * _cos + halves[0] * _sin], -1);
    }
}

/// <summary>Post-LN encoder with a padding mask.</summary>
internal sealed class BertModel(StepCase sizes, IReadOnlyDictionary<string, Parameter> parameters, TorchVariant variant) : TorchModel(sizes, parameters, variant)
{
    private const string Embeddings = "bert.embeddings.";

    public override Tensor Loss(IReadOnlyDictionary<string, Tensor> batch)
    {
        Tensor ids = batch["input_ids"];
        Tensor mask = (1 - batch["attention_mask"].to(ScalarType.Float32)).unsqueeze(1).unsqueeze(1) * -1e30f;
        Tensor x = Rows(Embeddings + "word_embeddings.weight", ids) + P(Embeddings + "token_type_embeddings.weight").narrow(0, 0, 1)
            + P(Embeddings + "position_embeddings.weight").narrow(0, 0, ids.shape[1]);
        x = LayerNorm(x, Embeddings + "LayerNorm");
        for (int layer = 0; layer < Sizes.Layers; layer++)
        {
            string prefix = $"bert.encoder.layer.{layer}.", self = prefix + "attention.self.";
            Tensor mixed = Attend(Split(Linear(x, self + "query")), Split(Linear(x, self + "key")), Split(Linear(x, self + "value")), mask);
            x = LayerNorm(x + Linear(mixed, prefix + "attention.output.dense"), prefix + "attention.output.LayerNorm");
            x = LayerNorm(x + Linear(gelu(Linear(x, prefix + "intermediate.dense")), prefix + "output.dense"), prefix + "output.LayerNorm");
        }
        return CrossEntropy(x, batch["labels"]);
    }
}
