# %%
import numpy as np
import keras
# %%
def dropout_moments(a, keep):
    ### BEGIN SOLUTION
    return a, a**2*(1-keep)/keep
    ### END SOLUTION
# %%
def dropout_forward(a, keep_prob, rng, training):
    ### BEGIN SOLUTION
    if not training:
        return a, np.ones_like(a)
    factor = (rng.random(a.shape) < keep_prob) / keep_prob
    return a * factor, factor
    ### END SOLUTION
# %%
def dropout_backward(dout, cache):
    ### BEGIN SOLUTION
    return dout*cache
    ### END SOLUTION
# %%
def keras_rate(keep_prob):
    return 1-keep_prob
def build_dropout_model(keep1, keep2):
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(20, activation="relu"), keras.layers.Dropout(keras_rate(keep1)), keras.layers.Dense(3,activation="relu"), keras.layers.Dropout(keras_rate(keep2)), keras.layers.Dense(1, activation="sigmoid")])
# %%
def mc_predict(model, X, n):
    return np.mean([np.asarray(model(X, training=True)) for _ in range(n)], axis=0)
# %%
def seed_everything(seed):
    keras.utils.set_random_seed(seed)
# %%
def rate_grid(train_fn, rates, seeds):
    s=np.array([[train_fn(r,k) for k in seeds] for r in rates])
    return s.mean(axis=1), s.std(axis=1, ddof=1)
