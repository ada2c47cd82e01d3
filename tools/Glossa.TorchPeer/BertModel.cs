using Glossa.Benchmarks.Peers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Glossa.TorchPeer;

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
