using Glossa.Benchmarks.Peers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Glossa.TorchPeer;

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
