using Glossa.Benchmarks.Peers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Glossa.TorchPeer;

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
